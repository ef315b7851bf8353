// Workers that die, stand still, come and go: promises 1 and 2.
#include <array>
#include <csignal>

#include "tests/faults/scale.hpp"

using namespace sendcode::e2e;
using sendcode::faults::chosen_scale;
using sendcode::faults::outlast;
using sendcode::faults::wide_settings;
using std::chrono::steady_clock;

namespace {

constexpr int partitions = 8;
// Session, rebalance and a dead worker's leases.
constexpr std::chrono::seconds resumed_within{15};

// One event in each partition.
std::vector<event> probe(world& with, int first) {
  std::vector<event> out;
  std::vector<sendcode::tests::test_record> records;
  for (int p = 0; p < partitions; ++p) {
    out.push_back(with.make_event(phone_number(first + p)));
    records.push_back(with.as_record(out.back()));
    records.back().partition = p;
  }
  with.produce(records);
  return out;
}

}  // namespace

TEST_CASE("workers killed again and again lose nothing, text nobody twice unmarked, and work is resumed within 15 s") {
  world with({.live = wide_settings(), .max_in_flight = 100, .partitions = partitions});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 300}});
  std::array<worker*, 2> workers{&with.start_worker(), &with.start_worker()};
  for (auto* each : workers) REQUIRE(each->says("partitions assigned"));

  std::vector<event> events;
  const auto keep = [&](std::vector<event> more) { events.insert(events.end(), more.begin(), more.end()); };
  int phone = 0;
  for (int kill = 0; kill < chosen_scale().kills; ++kill) {
    const auto before = with.senders.texts();
    keep(with.load(phone, phone + chosen_scale().events_a_kill));
    phone += chosen_scale().events_a_kill;
    REQUIRE(eventually([&] { return with.senders.texts() >= before + chosen_scale().events_a_kill / 3; }, patience));
    auto& killed = workers[static_cast<std::size_t>(kill % 2)];
    killed->kill();
    const auto died = steady_clock::now();
    killed = &with.start_worker();
    const auto probes = probe(with, phone);
    phone += partitions;
    keep(probes);
    with.require_ended(probes);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - died);
    INFO("kill " << kill << ": every partition's work was resumed after " << took.count() << " ms");
    CHECK(took <= resumed_within);
  }
  with.require_sent_once_or_marked(events);
  CHECK(with.statuses->ids().size() == events.size());
  CHECK(with.dead_letters->records().empty());
  CHECK(eventually([&] { return with.lag() == 0; }));
}

TEST_CASE("a worker that stands still and goes on later takes nothing back from the one that took over") {
  world with({.live = wide_settings(), .max_in_flight = 50, .partitions = partitions});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 300}});
  auto& still = with.start_worker();
  auto& other = with.start_worker();
  REQUIRE(still.says("partitions assigned"));
  REQUIRE(other.says("partitions assigned"));
  auto events = with.load(0, 300);
  REQUIRE(eventually([&] { return with.senders.texts() >= 60; }, patience));
  still.signal(SIGSTOP);
  outlast(chosen_scale().stopped);
  with.require_ended(events);  // by the other one
  still.signal(SIGCONT);
  const auto more = with.load(300, 400);
  events.insert(events.end(), more.begin(), more.end());
  constexpr std::size_t shards = 2;  // each of which may have been at one event's request
  with.require_sent_once_or_marked(events, shards);
  CHECK(with.statuses->ids().size() == events.size());
  CHECK(eventually([&] { return with.lag() == 0; }));
}

TEST_CASE("workers that join and leave in mid-load lose nothing and text nobody twice") {
  const int count = chosen_scale().events;
  world with({.live = wide_settings(), .max_in_flight = 20, .partitions = partitions});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 200}});
  std::deque<worker*> workers{&with.start_worker()};
  const auto events = with.load(0, count);
  for (int texts = count / 8; texts < count * 7 / 8; texts += count / 8) {
    REQUIRE(eventually([&] { return with.senders.texts() >= texts; }, patience));
    workers.push_back(&with.start_worker());
    if (workers.size() <= 2) continue;
    CHECK(workers.front()->stop() == 0);
    workers.pop_front();
  }
  with.require_one_text_each(events);
  CHECK(eventually([&] { return with.lag() == 0; }));
}
