// Workers come and go in mid-load.
#include <csignal>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

TEST_CASE("a worker joins and another leaves in mid-load: nothing is lost, nobody is texted twice") {
  world with({.max_in_flight = 20});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 200}});
  auto& first = with.start_worker();
  auto events = with.load(0, 150);
  REQUIRE(eventually([&] { return with.senders.texts() >= 20; }, patience));
  auto& second = with.start_worker();
  REQUIRE(second.says("partitions assigned"));
  const auto more = with.load(150, 300);
  events.insert(events.end(), more.begin(), more.end());
  REQUIRE(eventually([&] { return with.ended(events) >= 160; }, patience));
  first.signal(SIGTERM);
  CHECK(first.wait() == 0);
  with.require_one_text_each(events);
  CHECK(eventually([&] { return with.lag() == 0; }));
}

TEST_CASE("SIGTERM in mid-load drains, commits and exits 0") {
  world with({.max_in_flight = 20});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 300}});
  auto& first = with.start_worker();
  const auto events = with.load(0, 100);
  REQUIRE(eventually([&] { return with.senders.texts() >= 20; }, patience));
  CHECK(first.stop() == 0);
  // What was texted is told, and what was not is another's.
  const auto texted = static_cast<std::size_t>(with.senders.texts());
  CHECK(eventually([&] { return with.ended(events) == texted; }));
  CHECK(with.ended(events) < events.size());
  with.start_worker();
  with.require_one_text_each(events);
}
