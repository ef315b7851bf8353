// Many events on one shard: order, turns, bounds, drain and revocation.
#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using tests::event_words;
using tests::pipeline_world;
using answer = tests::fake_text_sender::answer;

namespace {

std::int64_t deliver(pipeline_world& w, const std::string& key, const std::string& environment = "env_live") {
  event_words words;
  words.key = key;
  words.environment = environment;
  return w.deliver(words);
}

std::vector<std::string> environments_in_order(const pipeline_world& w) {
  std::vector<std::string> out;
  for (const auto& asked : w.twilio.asked) out.push_back(asked.environment_id);
  return out;
}

}  // namespace

TEST_CASE("events of one key are handled one after another, others at the same time") {
  pipeline_world w;
  w.twilio.script.assign(4, answer{.takes = 1s});
  const auto first = deliver(w, "a");
  const auto second = deliver(w, "a");
  const auto third = deliver(w, "a");
  const auto other = deliver(w, "b");
  CHECK(w.twilio.sending == 2);
  w.pass(1s);
  CHECK(w.outcome(first) == "sent");
  CHECK(w.outcome(other) == "sent");
  CHECK(w.outcome(second) == "open");
  CHECK(w.twilio.sending == 1);
  w.pass(1s);
  CHECK(w.outcome(second) == "sent");
  CHECK(w.outcome(third) == "open");
  w.pass(1s);
  CHECK(w.outcome(third) == "sent");
}

TEST_CASE("without a key the phone number orders") {
  pipeline_world w;
  w.twilio.script.assign(3, answer{.takes = 1s});
  event_words words;
  words.without_key = true;
  w.deliver(words);
  w.deliver(words);
  words.phone = "+61491570156";
  w.deliver(words);
  CHECK(w.twilio.sending == 2);
}

TEST_CASE("an empty key is as good as none") {
  pipeline_world w;
  w.twilio.script.assign(2, answer{.takes = 1s});
  event_words words;
  words.key = "";
  w.deliver(words);
  words.phone = "+61491570156";
  w.deliver(words);
  CHECK(w.twilio.sending == 2);
}

TEST_CASE("an event that waits for its sender's backoff keeps its key's order") {
  pipeline_world w;
  w.twilio.script = {{.outcome = domain::answer_class::busy, .retry_after = 2s}, {}, {}};
  deliver(w, "a");
  const auto second = deliver(w, "a");
  w.pass(1s);
  CHECK(w.twilio.asked.size() == 1);
  w.pass(1s);
  CHECK(w.outcome(second) == "sent");
}

TEST_CASE("no more events than the bound are in flight, and environments take turns") {
  pipeline_world w({.in_flight_max = 2});
  w.add_environment("env_quiet");
  w.update();
  w.twilio.script.assign(20, answer{.takes = 1s});
  for (int i = 0; i < 8; ++i) deliver(w, "flood " + std::to_string(i));
  const auto quiet = deliver(w, "quiet", "env_quiet");
  CHECK(w.twilio.sending == 2);
  CHECK(w.telemetry.in_flight == 2);
  w.pass(1s);
  CHECK(w.twilio.sending == 2);
  CHECK(environments_in_order(w) == std::vector<std::string>{"env_live", "env_live", "env_live", "env_quiet"});
  w.pass(1s);
  CHECK(w.outcome(quiet) == "sent");
  w.pass(10s);
  CHECK(w.stream.ended.size() == 9);
  CHECK(w.telemetry.in_flight == 0);
}

TEST_CASE("a drain drops what waits, lets end what is being sent, and starts nothing more") {
  pipeline_world w({.in_flight_max = 2});
  w.twilio.script.assign(5, answer{.takes = 1s});
  const auto sending = deliver(w, "a");
  const auto behind = deliver(w, "a");
  const auto also_sending = deliver(w, "b");
  const auto waiting = deliver(w, "c");
  const auto waiting_behind = deliver(w, "c");
  w.drain();
  for (const auto offset : {behind, waiting, waiting_behind}) CHECK(w.outcome(offset) == "dropped");
  CHECK_FALSE(w.drained);
  const auto late = deliver(w, "d");
  CHECK(w.outcome(late) == "dropped");
  w.pass(1s);
  CHECK(w.drained);
  CHECK(w.outcome(sending) == "sent");
  CHECK(w.outcome(also_sending) == "sent");
  CHECK(w.twilio.asked.size() == 2);
  CHECK(w.store.records.size() == 2);
}

TEST_CASE("a drain with nothing to do is over at once") {
  pipeline_world w;
  w.drain();
  CHECK(w.drained);
}

TEST_CASE("a drain gives back what was leased and not sent yet") {
  pipeline_world w;
  w.store.latency = 50ms;
  const auto offset = w.deliver("one");
  w.drain();
  CHECK_FALSE(w.drained);
  w.pass(50ms);
  CHECK(w.drained);
  CHECK(w.outcome(offset) == "dropped");
  CHECK(w.store.releases == 1);
  CHECK(w.twilio.asked.empty());
}

TEST_CASE("an event that was given back is sent by the next worker at once, with no question and no mark") {
  pipeline_world w;
  w.store.latency = 50ms;
  event_words words;
  words.id = "one";
  words.challenge = "challenge-of-this-event-0";
  w.deliver(words);
  w.assignment->revoked = true;
  w.pass(50ms);
  CHECK(w.store.releases == 1);
  words.held_by = std::make_shared<ports::assignment>();
  const auto again = w.deliver(words);
  w.pass(50ms);
  CHECK(w.outcome(again) == "sent");
  CHECK(w.twilio.searches.empty());
  CHECK_FALSE(w.status(again).contains("possible_duplicate"));
}

TEST_CASE("what a drain has sent once is carried to its end, retries included") {
  pipeline_world w;
  w.twilio.script = {{.outcome = domain::answer_class::busy, .takes = 100ms}, {}};
  const auto offset = w.deliver();
  w.drain();
  w.pass(1s);
  CHECK(w.drained);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.store.releases == 0);
}

TEST_CASE("a drain during an outage ends: what was not admitted is dropped") {
  pipeline_world w;
  w.store.outage = true;
  const auto offset = w.deliver();
  w.drain();
  w.pass(5s);
  CHECK(w.drained);
  CHECK(w.outcome(offset) == "dropped");
}

TEST_CASE("events of a revoked partition are dropped unless they are being sent") {
  pipeline_world w({.in_flight_max = 1});
  w.twilio.script.assign(3, answer{.takes = 1s});
  const auto sending = deliver(w, "a");
  const auto waiting = deliver(w, "b");
  event_words words;
  words.key = "c";
  words.held_by = std::make_shared<ports::assignment>();
  const auto of_another = w.deliver(words);
  w.assignment->revoked = true;
  const auto late = deliver(w, "d");
  CHECK(w.outcome(late) == "dropped");
  w.pass(2s);
  CHECK(w.outcome(sending) == "sent");
  CHECK(w.outcome(waiting) == "dropped");
  CHECK(w.outcome(of_another) == "sent");
  CHECK(w.twilio.asked.size() == 2);
}

TEST_CASE("two thousand events of a hundred keys and five environments each end once") {
  pipeline_world w({.in_flight_max = 50});
  for (int i = 0; i < 4; ++i) w.add_environment("env_" + std::to_string(i));
  w.update();
  for (int i = 0; i < 2'000; ++i) {
    w.twilio.script.push_back({.outcome = i % 7 == 0 ? domain::answer_class::busy : domain::answer_class::accepted,
                               .takes = milliseconds(i % 40)});
    const std::string environment = i % 5 == 0 ? "env_live" : "env_" + std::to_string(i % 5 - 1);
    deliver(w, "key " + std::to_string(i % 100), environment);
    CHECK(w.twilio.sending <= 50);
  }
  w.pass(60s);
  CHECK(w.stream.ended.size() == 2'000);
  CHECK(w.stream.dropped.empty());
  CHECK(w.telemetry.ended["sent"] == 2'000);
  CHECK(w.twilio.texts.size() + w.kinde.texts.size() == 2'000);
}
