// A sender that asks for a long wait, and no other sender to go to: the event waits without standing in another's way.
#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::answer_class;
using tests::event_words;
using tests::pipeline_world;

namespace {

// One event at a time, of which the first is told to wait.
struct busy_world : pipeline_world {
  explicit busy_world(milliseconds retry_after, std::uint32_t in_flight_max = 1)
      : pipeline_world({.in_flight_max = in_flight_max}) {
    add_environment("env_other");
    environment().sms.fallback = domain::fallback_sender::none;
    update();
    twilio.script = {{.outcome = answer_class::busy, .retry_after = retry_after}};
  }
  std::int64_t deliver_other() {
    event_words words;
    words.environment = "env_other";
    words.key = "other";
    return deliver(words);
  }
};

}  // namespace

TEST_CASE("an event whose sender asks for 30 s leaves its place in flight, and is sent in its time") {
  busy_world w(30s);
  const auto waiting = w.deliver();
  CHECK(w.telemetry.held == 1);
  CHECK(w.telemetry.in_flight == 0);
  const auto other = w.deliver_other();
  CHECK(w.outcome(other) == "sent");
  w.pass(29'999ms);
  CHECK(w.outcome(waiting) == "open");
  w.pass(1ms);
  CHECK(w.outcome(waiting) == "sent");
  CHECK(w.status(waiting)["attempts"].size() == 2);
  CHECK(w.telemetry.held == 0);
  CHECK(w.telemetry.in_flight == 0);
}

TEST_CASE("its lease is renewed meanwhile, so that nobody takes it over") {
  busy_world w(30s);
  const auto waiting = w.deliver("one");
  const auto& record = w.store.records.at(pipeline_world::request_id("one"));
  for (int i = 0; i < 29; ++i) {
    w.pass(1s);
    INFO(i);
    CHECK(record.lease_ends > w.clock.now());
  }
  CHECK(w.store.renewals.size() >= 2);
  w.store.take_over(pipeline_world::request_id("one"), 15s);
  domain::outcome elsewhere;
  elsewhere.status = domain::status::expired;
  w.store.end_elsewhere(pipeline_world::request_id("one"), elsewhere);
  w.pass(20s);
  CHECK(w.outcome(waiting) == "expired");
  CHECK(w.twilio.asked.size() == 1);
}

TEST_CASE("a wait of up to 3 s keeps its place, a longer one does not") {
  busy_world w(3s);
  w.deliver();
  CHECK(w.telemetry.held == 0);
  CHECK(w.telemetry.in_flight == 1);
  const auto other = w.deliver_other();
  w.pass(2'999ms);
  CHECK(w.outcome(other) == "open");
  w.pass(1ms);
  CHECK(w.outcome(other) == "sent");

  busy_world longer(3'001ms);
  longer.deliver();
  CHECK(longer.telemetry.held == 1);
}

TEST_CASE("a wait that the budget of 45 s does not hold ends at once, as ever") {
  busy_world w(44'999ms);
  const auto waiting = w.deliver();
  CHECK(w.outcome(waiting) == "open");
  w.pass(44'999ms);
  CHECK(w.outcome(waiting) == "sent");

  busy_world longer(45s);
  CHECK(longer.outcome(longer.deliver()) == "failed senders_unavailable");
  CHECK(longer.telemetry.held == 0);
}

TEST_CASE("a store that is away while an event waits defers it, and does not use up its budget") {
  busy_world w(30s);
  const auto waiting = w.deliver();
  w.store.outage = true;
  w.pass(60s);
  CHECK(w.outcome(waiting) == "open");
  w.store.outage = false;
  w.pass(10s);
  CHECK(w.outcome(waiting) == "sent");
}

TEST_CASE("the log's call for room ends no event that only waits: its partition has a pause instead") {
  busy_world w(30s);
  const auto waiting = w.deliver();
  w.assignment->room_before = 100;
  w.pass(29s);
  CHECK(w.outcome(waiting) == "open");
  w.pass(1s);
  CHECK(w.outcome(waiting) == "sent");
}

TEST_CASE("a drain gives back an event that waits") {
  busy_world w(30s);
  const auto waiting = w.deliver();
  w.pass(1s);
  w.require_given_back_by_drain(waiting);
}

TEST_CASE("500 events of a shard wait so, the next ones in their places: the others are for those that are held") {
  busy_world w(30s, 600);
  w.twilio.script.assign(502, {.outcome = answer_class::busy, .retry_after = 30s});
  w.environment().sms.limits.clear();
  for (int i = 0; i < 502; ++i) {
    event_words words;
    words.key = "key " + std::to_string(i);
    w.deliver(words);
  }
  CHECK(w.telemetry.held == 500);
  CHECK(w.telemetry.in_flight == 2);
  w.pass(31s);
  CHECK(w.telemetry.ended["sent"] == 502);
}
