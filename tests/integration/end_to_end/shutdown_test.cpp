// How a worker ends when it is hurried.
#include <csignal>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

void let_twilio_hang(const world& with) {
  with.senders.fault({{"target", "twilio"}, {"kind", "hang"}, {"delay_ms", 8000}});
}

// What is in flight and not yet sent would be given back at once.
bool five_hang(const world& with) {
  return eventually([&] { return with.senders.counts()["requests"]["twilio"] == 5; }, patience);
}

}  // namespace

TEST_CASE("a second SIGTERM ends at once, and another worker takes over") {
  world with;
  let_twilio_hang(with);
  auto& first = with.start_worker();
  REQUIRE(first.says("partitions assigned"));
  const auto events = with.load(0, 5);
  REQUIRE(five_hang(with));
  first.signal(SIGTERM);
  REQUIRE(first.says("draining"));
  CHECK(first.running());
  first.signal(SIGTERM);
  CHECK(first.wait(std::chrono::seconds{9}) == EXIT_FAILURE);  // what hangs ends after 10 s
  with.senders.clear_faults();
  with.start_worker();
  with.require_sent_once_or_marked(events);
}

TEST_CASE("a drain ends after worker.drain_timeout, and what was open comes again") {
  world with;
  let_twilio_hang(with);
  auto& first = with.start_worker({{"SENDCODE_WORKER__DRAIN_TIMEOUT", "1s"}});
  REQUIRE(first.says("partitions assigned"));
  const auto events = with.load(0, 5);
  REQUIRE(five_hang(with));
  first.signal(SIGTERM);
  CHECK(first.wait(std::chrono::seconds{7}).has_value());
  INFO(first.log());
  CHECK(first.says("the drain took too long"));
  with.senders.clear_faults();
  with.start_worker();
  with.require_sent_once_or_marked(events);
}
