// SIGKILL in the middle of load: promises 1 and 2.
#include <algorithm>

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
  with.require_ended(events);

  const auto texts = with.senders.texts_by_phone();
  for (const auto& each : events) {
    const auto status = with.outcome(each);
    INFO(status.dump());
    CHECK(status["status"] == "sent");
    // What was published twice is the same.
    for (const auto& record : with.outcomes_of(each)) CHECK(record.data == status);
    REQUIRE(texts.contains(each.phone()));
    if (texts.at(each.phone()) == 1) continue;
    CHECK(texts.at(each.phone()) == 2);
    CHECK(status.value("possible_duplicate", false));
    const auto messages = with.senders.messages(each.phone());
    CHECK(std::ranges::any_of(messages, [](const json& text) { return text["answered"] == false; }));
    const auto codes = with.codes_on(each.phone());
    CHECK(std::ranges::count(codes, codes.front()) == 2);
  }
  CHECK(with.statuses->ids().size() == count);
  CHECK(eventually([&] { return with.lag() == 0; }));
  CHECK(with.dead_letters->records().empty());
}
