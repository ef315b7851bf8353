// Workers come and go in mid-load.
#include <algorithm>
#include <csignal>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

std::vector<event> load(world& with, int from, int to) {
  std::vector<event> out;
  for (int i = from; i < to; ++i) out.push_back(with.make_event(phone_number(i)));
  with.send(out);
  return out;
}

void expect_one_text_each(const world& with, const std::vector<event>& events) {
  const auto texts = with.senders.texts_by_phone();
  for (const auto& each : events) {
    CHECK(with.outcome(each)["status"] == "sent");
    CHECK_FALSE(with.outcome(each).value("possible_duplicate", false));
    const auto found = texts.find(each.phone());
    CHECK((found != texts.end() && found->second == 1));
  }
}

}  // namespace

TEST_CASE("a worker joins and another leaves in mid-load: nothing is lost, nobody is texted twice") {
  world with({.max_in_flight = 20});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 200}});
  auto& first = with.start_worker();
  auto events = load(with, 0, 150);
  REQUIRE(eventually([&] { return with.senders.texts() >= 20; }, patience));
  auto& second = with.start_worker();
  REQUIRE(second.says("partitions assigned"));
  const auto more = load(with, 150, 300);
  events.insert(events.end(), more.begin(), more.end());
  REQUIRE(eventually([&] { return with.ended(events) >= 160; }, patience));
  first.signal(SIGTERM);
  CHECK(first.wait() == 0);
  with.require_ended(events);
  expect_one_text_each(with, events);
  CHECK(eventually([&] { return with.lag() == 0; }));
}

TEST_CASE("SIGTERM in mid-load drains, commits and exits 0") {
  world with({.max_in_flight = 20});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 300}});
  auto& first = with.start_worker();
  const auto events = load(with, 0, 100);
  REQUIRE(eventually([&] { return with.senders.texts() >= 20; }, patience));
  CHECK(first.stop() == 0);
  // What was texted is told, and what was not is another's.
  CHECK(with.ended(events) == static_cast<std::size_t>(with.senders.texts()));
  CHECK(with.ended(events) < events.size());
  with.start_worker();
  with.require_ended(events);
  expect_one_text_each(with, events);
}
