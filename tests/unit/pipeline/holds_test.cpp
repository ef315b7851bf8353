// Events that cannot be judged or sent for now: held, released, given up, and never in another's way.
#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using tests::event_words;
using tests::pipeline_world;

TEST_CASE("an event whose environment's secret is missing is held, and sent once it is there") {
  pipeline_world w;
  auto& token = w.environment().sms.twilio->auth_tokens[0].value;
  const auto value = std::exchange(token, nullptr);
  w.update();
  const auto offset = w.deliver();
  w.pass(60s);
  CHECK(w.outcome(offset) == "open");
  CHECK(w.telemetry.held == 1);
  CHECK(w.telemetry.in_flight == 0);
  CHECK(w.store.asked == 0);
  token = value;
  w.update();
  w.pass(5s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.telemetry.held == 0);
}

TEST_CASE("without a key to sign with an event is held, uncharged, until the ring has one again") {
  pipeline_world w;
  w.key_ends = w.clock.now() - 1h;
  w.update();
  const auto offset = w.deliver();
  w.pass(60s);
  CHECK(w.outcome(offset) == "open");
  CHECK(w.telemetry.held == 1);
  CHECK(w.store.asked == 0);
  w.key_ends.reset();
  w.update();
  w.pass(6s);
  CHECK(w.outcome(offset) == "sent");
}

TEST_CASE("events wait for settings that are not known to be current") {
  pipeline_world w;
  w.current = false;
  w.update();
  event_words words;
  words.environment = "env_new";
  const auto one = w.deliver(words);
  words.environment = "env_unknown";
  const auto other = w.deliver(words);
  w.pass(30s);
  CHECK(w.outcome(one) == "open");
  w.add_environment("env_new");
  w.current = true;
  w.update();
  w.pass(5s);
  CHECK(w.outcome(one) == "sent");
  CHECK(w.outcome(other) == "rejected unknown_environment");
}

TEST_CASE("a held event ends 30 s before its code's life does") {
  pipeline_world w;
  w.environment().sms.code_ttl = 120s;
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  const auto offset = w.deliver();
  w.pass(89'999ms);
  CHECK(w.outcome(offset) == "open");
  w.pass(1ms);
  CHECK(w.outcome(offset) == "failed senders_unavailable");
  CHECK(w.twilio.asked.empty());
}

TEST_CASE("a held event fails, and is not expired, where a tenth of its code's life is more than 30 s") {
  pipeline_world w;
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  const auto offset = w.deliver();
  w.pass(533s);
  CHECK(w.outcome(offset) == "open");
  w.pass(12s);
  CHECK(w.outcome(offset) == "failed senders_unavailable");
}

TEST_CASE("held events neither count as in flight nor stand in another environment's way") {
  pipeline_world w({.in_flight_max = 1});
  w.add_environment("env_other");
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  for (int i = 0; i < 20; ++i) {
    event_words words;
    words.key = "held " + std::to_string(i);
    w.deliver(words);
  }
  event_words words;
  words.environment = "env_other";
  words.key = "other";
  const auto other = w.deliver(words);
  CHECK(w.outcome(other) == "sent");
  CHECK(w.telemetry.held == 20);
}

TEST_CASE("an event that is held after it was taken up leaves its place to those that wait for one") {
  pipeline_world w({.in_flight_max = 1});
  w.add_environment("env_other");
  w.update();
  w.store.latency = 50ms;
  const auto first = w.deliver("one");
  w.store.take_over(pipeline_world::request_id("one"), 15s);  // so that the redelivered one waits
  w.pass(100ms);
  event_words words;
  words.environment = "env_other";
  words.key = "other";
  const auto other = w.deliver(words);
  w.pass(1s);
  CHECK(w.outcome(other) == "open");
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  w.pass(1s);
  CHECK(w.outcome(first) == "open");
  CHECK(w.telemetry.held == 1);
  CHECK(w.outcome(other) == "sent");
}

TEST_CASE("a thousand events are held; the next ones end at once") {
  pipeline_world w;
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  std::vector<std::int64_t> offsets;
  w.collecting = true;
  for (int i = 0; i < 1'003; ++i) {
    event_words words;
    words.key = "key " + std::to_string(i);
    offsets.push_back(w.deliver(words));
  }
  w.let_in();
  CHECK(w.telemetry.held == 1'000);
  for (std::size_t i = 0; i < 1'000; ++i) REQUIRE(w.outcome(offsets[i]) == "open");
  for (std::size_t i = 1'000; i < offsets.size(); ++i) CHECK(w.outcome(offsets[i]) == "failed senders_unavailable");
}

TEST_CASE("a held event keeps its key's order") {
  pipeline_world w;
  auto& token = w.environment().sms.twilio->auth_tokens[0].value;
  const auto value = std::exchange(token, nullptr);
  w.update();
  const auto first = w.deliver();
  const auto second = w.deliver();
  w.pass(1s);
  CHECK(w.telemetry.held == 1);
  token = value;
  w.update();
  w.pass(6s);
  CHECK(w.outcome(first) == "sent");
  CHECK(w.outcome(second) == "sent");
  CHECK(w.twilio.asked.at(0).request_id == pipeline_world::request_id("event 0"));
}

TEST_CASE("a held event holds up its own environment's events of that key alone") {
  pipeline_world w;
  w.add_environment("env_other");
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  event_words words;
  words.key = "+61491570006";
  w.deliver(words);
  const auto behind = w.deliver(words);
  words.environment = "env_other";
  const auto other = w.deliver(words);
  CHECK(w.telemetry.held == 1);
  CHECK(w.outcome(behind) == "open");
  CHECK(w.outcome(other) == "sent");
}

TEST_CASE("a drain drops held events") {
  pipeline_world w;
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  const auto offset = w.deliver();
  w.pass(60s);  // long pauses by now
  w.drain();
  w.pass(500ms);
  CHECK(w.drained);
  CHECK(w.outcome(offset) == "dropped");
  CHECK(w.telemetry.held == 0);
}
