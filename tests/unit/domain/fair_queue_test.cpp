#include "worker/domain/fair_queue.hpp"

#include <memory>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/seed.hpp"

using namespace sendcode;

namespace {

// The rule, written slowly: owners stand in a circle from their first item on; who was served goes behind the others,
// and leaves once nothing is left.
struct slow_queue {
  std::vector<std::pair<std::string, std::vector<int>>> circle;

  void push(const std::string& owner, int item) {
    for (auto& [name, items] : circle) {
      if (name == owner) return items.push_back(item);
    }
    circle.push_back({owner, {item}});
  }
  std::optional<int> pop() {
    if (circle.empty()) return std::nullopt;
    auto served = circle.front();
    circle.erase(circle.begin());
    const int item = served.second.front();
    served.second.erase(served.second.begin());
    if (!served.second.empty()) circle.push_back(served);
    return item;
  }
};

}  // namespace

TEST_CASE("owners take turns, whoever has more in line") {
  domain::fair_queue<std::string> queue;
  for (int i = 0; i < 4; ++i) queue.push("flood", "f" + std::to_string(i));
  queue.push("quiet", "q0");
  queue.push("other", "o0");
  queue.push("other", "o1");
  std::vector<std::string> order;
  while (auto item = queue.pop()) order.push_back(*item);
  CHECK(order == std::vector<std::string>{"f0", "q0", "o0", "f1", "o1", "f2", "f3"});
  CHECK(queue.empty());
}

TEST_CASE("a newcomer waits for one item of each other owner at most") {
  domain::fair_queue<int> queue;
  for (int i = 0; i < 1000; ++i) queue.push(i % 2 == 0 ? "a" : "b", i);
  queue.push("new", -1);
  int before = 0;
  while (*queue.pop() != -1) ++before;
  CHECK(before == 2);
}

TEST_CASE("the queue serves as the slow rule does, for random pushes and pops") {
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  domain::fair_queue<int> queue;
  slow_queue slow;
  std::size_t size = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random.below(100) < 52) {
      const std::string owner = "owner " + std::to_string(random.below(7));
      queue.push(owner, step);
      slow.push(owner, step);
      ++size;
    } else {
      const auto expected = slow.pop();
      if (expected) --size;
      REQUIRE(queue.pop() == expected);
    }
    REQUIRE(queue.size() == size);
    REQUIRE(queue.empty() == (size == 0));
  }
}

TEST_CASE("items that can only be moved are taken") {
  domain::fair_queue<std::unique_ptr<int>> queue;
  queue.push("a", std::make_unique<int>(7));
  CHECK(**queue.pop() == 7);
  CHECK_FALSE(queue.pop());
}
