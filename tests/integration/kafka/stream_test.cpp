// Consume, publish, commit.
#include <map>
#include <set>

#include "tests/catch.hpp"
#include "tests/integration/kafka/worker_side.hpp"

using namespace sendcode;
using namespace sendcode::tests;

namespace {

std::vector<test_record> numbered(int count, std::int32_t partition = 0) {
  std::vector<test_record> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(
        {.key = "k" + std::to_string(i), .value = std::to_string(i), .headers = {}, .partition = partition});
  }
  return records;
}

}  // namespace

TEST_CASE("the oldest open event's offset is committed, and a restart brings back the open ones alone") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(10));
  const auto committed = [&] { return kafka.committed(topics.group, topics.send_code, 0); };

  {
    worker_side worker(options_for(kafka, topics));
    REQUIRE(worker.shard().wait_for(10));  // no offset was committed: it starts at the earliest
    auto records = worker.shard().take();
    for (std::size_t i = 0; i < 10; ++i) CHECK(records[i].value == std::to_string(i));
    // 3 and 7 stay open: what is behind them completes, but the commit stops at 3.
    for (std::size_t i = 0; i < 10; ++i) {
      if (i != 3 && i != 7) worker.end(std::move(records[i]));
    }
    REQUIRE(eventually([&] { return worker.stream().counts().completed == 8; }));
    CHECK(eventually([&] { return committed() == 3; }));
    CHECK(worker.stream().counts().open == 2);
    records.clear();
    CHECK(worker.finish());
  }
  CHECK(committed() == 3);

  worker_side worker(options_for(kafka, topics));
  REQUIRE(worker.shard().wait_for(7));
  auto records = worker.shard().take();
  CHECK(records.front().value == "3");
  CHECK(records.front().position.offset == 3);
  for (auto& record : records) worker.end(std::move(record));
  CHECK(eventually([&] { return committed() == 10; }));
  CHECK(worker.shard().count() == 7);
  records.clear();
  CHECK(worker.finish());
}
