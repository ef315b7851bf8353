// SIGKILL in the middle of load: promises 1 and 2.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

TEST_CASE("a worker killed in mid-load loses nothing, and nobody is texted twice unmarked") {
  constexpr int count = 300;
  world with;
  auto& killed = with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 40}});
  const auto events = with.load(0, count);

  REQUIRE(eventually([&] { return with.senders.texts() >= count / 3; }, patience));
  killed.kill();
  CHECK(with.ended(events) < count);
  with.start_worker();
  with.require_sent_once_or_marked(events);
  CHECK(with.statuses->ids().size() == count);
  CHECK(eventually([&] { return with.lag() == 0; }));
  CHECK(with.dead_letters->records().empty());
}
