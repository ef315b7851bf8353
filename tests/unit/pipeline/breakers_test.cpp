// Circuit breakers: whom they shut out, how held events come out again, and whose account may fail over.
#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::answer_class;
using domain::sender_kind;
using tests::event_words;
using tests::pipeline_world;
using answer = tests::fake_text_sender::answer;

namespace {

const answer away{.outcome = answer_class::interrupted};
const answer refused{.outcome = answer_class::account, .http_status = 401};

std::int64_t deliver(pipeline_world& w, const std::string& key, const std::string& environment = "env_live") {
  event_words words;
  words.key = key;
  words.environment = environment;
  return w.deliver(words);
}

// Without a fallback, behind a breaker that one event has opened; that event is held.
std::int64_t open_breaker(pipeline_world& w, const answer& by = away) {
  w.environment().sms.fallback = domain::fallback_sender::none;
  w.update();
  w.twilio.script.assign(3, by);
  const auto first = deliver(w, "first");
  w.pass(200ms);
  REQUIRE(w.telemetry.breakers[sender_kind::twilio] == 1);
  return first;
}

}  // namespace

TEST_CASE("an account that cannot be reached is left alone, and its events go by the fallback at once") {
  pipeline_world w;
  w.twilio.script.assign(3, away);
  const auto first = deliver(w, "first");
  w.pass(200ms);
  CHECK(w.outcome(first) == "sent");
  CHECK(w.twilio.asked.size() == 3);
  const auto second = deliver(w, "second");
  CHECK(w.outcome(second) == "sent");
  CHECK(w.status(second)["sender"] == "kinde");
  CHECK(w.status(second)["failed_over"] == true);
  CHECK(w.status(second)["attempts"].size() == 1);
  CHECK(w.twilio.asked.size() == 3);
}

TEST_CASE("an outage of one environment's account holds that environment's events alone") {
  pipeline_world w({.in_flight_max = 1});
  w.add_environment("env_other");
  open_breaker(w);
  const auto mine = deliver(w, "mine");
  const auto other = deliver(w, "other", "env_other");
  CHECK(w.outcome(mine) == "open");
  CHECK(w.outcome(other) == "sent");
  CHECK(w.status(other)["sender"] == "twilio");
  CHECK(w.telemetry.held == 2);
  CHECK(w.telemetry.in_flight == 0);
}

TEST_CASE("a held event goes to the number that it was admitted for, whatever settings make of it by then") {
  pipeline_world w;
  w.environment().sms.allowed_countries = {"AU", "BE"};
  open_breaker(w);
  event_words words;
  words.phone = "0470123456";  // a mobile in both
  words.key = "national";
  const auto offset = w.deliver(words);
  w.environment().sms.default_country = "BE";
  w.update();
  w.pass(60s);
  CHECK(w.outcome(offset) == "open");
  for (const auto& text : w.twilio.texts) CHECK(text.to != "+32470123456");
  w.environment().sms.default_country = "AU";
  w.update();
  w.pass(10s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.twilio.texts.back().to == "+61470123456");
}

TEST_CASE("held events come out one at a time while the breaker is half-open, and each is texted once") {
  pipeline_world w;
  std::vector<std::int64_t> offsets{open_breaker(w)};
  for (int i = 0; i < 40; ++i) offsets.push_back(deliver(w, "held " + std::to_string(i)));
  CHECK(w.telemetry.held == 41);
  w.twilio.script.assign(100, answer{.takes = 2s});
  for (int i = 0; i < 200 && w.telemetry.breakers[sender_kind::twilio] == 1; ++i) {
    REQUIRE(w.twilio.sending <= 1);
    w.pass(100ms);
  }
  CHECK(w.telemetry.breakers[sender_kind::twilio] == 0);
  CHECK(w.twilio.texts.size() == 3);  // the probes that closed it
  w.pass(20s);
  for (const auto offset : offsets) CHECK(w.outcome(offset) == "sent");
  CHECK(w.twilio.texts.size() == offsets.size());
  CHECK(w.telemetry.held == 0);
  CHECK(w.telemetry.in_flight == 0);
}

TEST_CASE("a long outage holds an event under a renewed lease, until 30 s before its code's life ends") {
  pipeline_world w;
  w.environment().sms.code_ttl = 300s;
  const auto offset = open_breaker(w);
  w.twilio.script.assign(1'000, away);
  for (int step = 0; step < 269; ++step) {
    w.pass(1s);
    const auto& record = w.store.records.begin()->second;
    REQUIRE(w.outcome(offset) == "open");
    REQUIRE(record.lease_ends > w.clock.now());
  }
  CHECK(w.twilio.asked.size() < 15);
  w.pass(1s);
  CHECK(w.outcome(offset) == "failed senders_unavailable");
  CHECK(w.status(offset)["attempts"].size() <= 12);
  CHECK(w.telemetry.held == 0);
}

TEST_CASE("more held events than there are places for end at once, whatever holds them") {
  pipeline_world w({.in_flight_max = 2'000});
  const auto first = open_breaker(w);
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < 1'001; ++i) offsets.push_back(deliver(w, "key " + std::to_string(i)));
  CHECK(w.telemetry.held == 1'000);
  CHECK(w.outcome(first) == "open");
  CHECK(w.outcome(offsets[998]) == "open");
  CHECK(w.outcome(offsets[999]) == "failed senders_unavailable");
  CHECK(w.outcome(offsets[1'000]) == "failed senders_unavailable");
}

TEST_CASE("a drain gives back a held event that nobody can have taken") {
  pipeline_world w;
  const auto offset = open_breaker(w);
  w.twilio.script.assign(100, away);
  w.pass(60s);
  w.require_given_back_by_drain(offset);
}

TEST_CASE("a drain leaves a held event that may have been taken to its lease, so that the next one asks first") {
  pipeline_world w;
  w.environment().sms.fallback = domain::fallback_sender::none;
  w.update();
  w.twilio.script = {{.outcome = answer_class::unknown}, away, away};
  w.twilio.script.insert(w.twilio.script.end(), 100, away);
  const auto offset = w.deliver("one");
  w.pass(30s);
  CHECK(w.telemetry.held == 1);
  w.assignment->revoked = true;
  w.pass(500ms);
  CHECK(w.outcome(offset) == "dropped");
  CHECK(w.store.releases == 0);

  w.twilio.script.clear();
  const auto searches = w.twilio.searches.size();
  event_words words;
  words.id = "one";
  words.challenge = "challenge-of-this-event-0";
  words.held_by = std::make_shared<ports::assignment>();
  const auto again = w.deliver(words);
  w.pass(60s);
  CHECK(w.outcome(again) == "sent");
  CHECK(w.twilio.searches.size() > searches);
  CHECK(w.status(again)["possible_duplicate"] == true);
}

TEST_CASE("a held event whose lease another worker took is that one's to end") {
  pipeline_world w;
  w.environment().sms.fallback = domain::fallback_sender::none;
  w.update();
  w.twilio.script.assign(100, away);
  const auto offset = w.deliver("one");
  w.pass(1s);
  CHECK(w.telemetry.held == 1);
  w.store.take_over(pipeline_world::request_id("one"), 60s);
  w.pass(20s);
  const auto asked = w.twilio.asked.size();
  w.store.end_elsewhere(
      pipeline_world::request_id("one"),
      {.status = domain::status::failed, .reason = domain::reason::unconfirmed, .message_id = {}, .attempts = {}});
  w.pass(1s);
  CHECK(w.outcome(offset) == "failed unconfirmed");
  CHECK(w.twilio.asked.size() == asked);
}

TEST_CASE("the log's call for room ends held events before it, and no others") {
  pipeline_world w;
  const auto first = open_breaker(w);
  w.twilio.script.assign(100, away);
  const auto second = deliver(w, "second");
  const auto third = deliver(w, "third");
  w.assignment->room_before = static_cast<std::uint64_t>(third);
  w.pass(500ms);
  CHECK(w.outcome(first) == "failed senders_unavailable");
  CHECK(w.outcome(second) == "failed senders_unavailable");
  CHECK(w.outcome(third) == "open");
}

TEST_CASE("the log's call for room ends what is held for its settings too, and leaves what is being sent") {
  pipeline_world w;
  w.add_environment("env_other");
  w.environment().sms.twilio->auth_tokens[0].value = nullptr;
  w.update();
  w.twilio.script = {{.takes = 2s}};
  const auto held = deliver(w, "held");
  const auto sending = deliver(w, "sending", "env_other");
  w.assignment->room_before = 100;
  w.pass(500ms);
  CHECK(w.outcome(held) == "failed senders_unavailable");
  CHECK(w.outcome(sending) == "open");
  w.pass(2s);
  CHECK(w.outcome(sending) == "sent");
}

TEST_CASE(
    "an account that refuses our credentials is held for once its breaker is open, and goes on when they are right") {
  pipeline_world w;
  w.environment().sms.fallback = domain::fallback_sender::none;
  w.update();
  w.twilio.script.assign(3, refused);
  const auto first = deliver(w, "1");
  const auto second = deliver(w, "2");
  const auto third = deliver(w, "3");
  CHECK(w.outcome(first) == "failed sender_rejected");
  CHECK(w.outcome(second) == "failed sender_rejected");
  CHECK(w.outcome(third) == "open");
  w.pass(30s);
  CHECK(w.outcome(third) == "sent");
  CHECK(w.twilio.texts.size() == 1);
}

TEST_CASE("a made-up account gets no free text by the fallback, neither by its refusals nor behind its open breaker") {
  pipeline_world w;
  w.twilio.script.assign(100, refused);
  CHECK(w.outcome(deliver(w, "1")) == "failed sender_rejected");
  CHECK(w.outcome(deliver(w, "2")) == "failed sender_rejected");
  for (int i = 3; i < 10; ++i) deliver(w, std::to_string(i));
  w.pass(120s);
  CHECK(w.kinde.asked.empty());
  CHECK(w.store.kinde_left == 1'000'000);
}

TEST_CASE("an account that accepted a text on any worker fails over when it refuses, and behind its open breaker") {
  pipeline_world w;
  w.store.accepted_by.insert("ACenv_live");
  w.twilio.script.assign(3, refused);
  for (int i = 0; i < 5; ++i) {
    const auto offset = deliver(w, std::to_string(i));
    CHECK(w.outcome(offset) == "sent");
    CHECK(w.status(offset)["sender"] == "kinde");
  }
  CHECK(w.twilio.asked.size() == 3);
  REQUIRE(w.store.renewals.size() == 5);
  for (const auto& renewal : w.store.renewals) CHECK(renewal.if_accepted_by == "ACenv_live");
}

TEST_CASE("the store is told of an account that accepts texts, once an hour by each shard and environment") {
  pipeline_world w;
  w.add_environment("env_other");
  w.environment("env_other").sms.twilio->account_sid = "ACenv_live";
  w.update();
  const auto told = [&] {
    return std::ranges::count_if(w.store.settlements, [](const auto& each) { return !each.accepted_by.empty(); });
  };
  for (int i = 0; i < 5; ++i) deliver(w, std::to_string(i));
  CHECK(told() == 1);
  deliver(w, "other", "env_other");
  CHECK(told() == 2);
  w.pass(1h);
  deliver(w, "later");
  CHECK(told() == 3);
  CHECK(w.store.settlements.back().accepted_by == "ACenv_live");
}

TEST_CASE("what the Kinde sender accepts says nothing of the account") {
  pipeline_world w;
  w.twilio.script.assign(3, away);
  deliver(w, "1");
  w.pass(1s);
  CHECK(w.kinde.texts.size() == 1);
  CHECK(w.store.accepted_by.empty());
}

TEST_CASE("a held event goes by the settings that are in force when it is tried again") {
  pipeline_world w;
  const auto offset = open_breaker(w);
  w.twilio.script.assign(100, away);
  w.pass(10s);
  SECTION("another account") {
    w.twilio.script.clear();
    w.environment().sms.twilio->account_sid = "ACnew";
    w.update();
    w.pass(5s);
    CHECK(w.outcome(offset) == "sent");
    CHECK(w.status(offset)["sender"] == "twilio");
  }
  SECTION("a fallback") {
    w.environment().sms.fallback = domain::fallback_sender::kinde;
    w.update();
    w.pass(5s);
    CHECK(w.outcome(offset) == "sent");
    CHECK(w.status(offset)["sender"] == "kinde");
  }
  SECTION("none any more: it ends as if nobody could be found") {
    w.environments.clear();
    w.update();
    w.pass(600s);
    CHECK(w.outcome(offset) == "failed senders_unavailable");
  }
}

TEST_CASE("with both senders away events are held, and go out once one is back") {
  pipeline_world w;
  w.twilio.script.assign(1'000, away);
  w.kinde.script.assign(20, away);
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < 5; ++i) offsets.push_back(deliver(w, std::to_string(i)));
  w.pass(5s);
  for (const auto offset : offsets) CHECK(w.outcome(offset) == "open");
  CHECK(w.telemetry.held == 5);
  w.kinde.script.clear();
  w.pass(120s);
  for (const auto offset : offsets) CHECK(w.outcome(offset) == "sent");
  CHECK(w.kinde.texts.size() == 5);
  CHECK(w.twilio.texts.empty());
}

TEST_CASE("an outage of the store does not end a held event") {
  pipeline_world w;
  const auto offset = open_breaker(w);
  w.twilio.script.assign(100, away);
  w.store.outage = true;
  w.pass(120s);
  CHECK(w.outcome(offset) == "open");
  w.store.outage = false;
  w.twilio.script.clear();
  w.pass(90s);
  CHECK(w.outcome(offset) == "sent");
}

TEST_CASE(
    "a flood above its limit is rejected without a sender, and one below it takes every place that others leave") {
  pipeline_world w({.in_flight_max = 4});
  w.add_environment("env_flood");
  w.update();
  w.store.limits = [](const ports::admit_request& request) -> std::optional<domain::outcome> {
    if (request.environment_id != "env_flood") return std::nullopt;
    domain::outcome out;
    out.status = domain::status::rejected;
    out.reason = domain::reason::rate_limited;
    out.limited_by = domain::limit_kind::environment;
    return out;
  };
  w.twilio.script.assign(100, answer{.takes = 1s});
  std::vector<std::int64_t> live;
  for (int i = 0; i < 500; ++i) deliver(w, "flood " + std::to_string(i), "env_flood");
  for (int i = 0; i < 8; ++i) live.push_back(deliver(w, "live " + std::to_string(i)));
  CHECK(w.twilio.sending == 4);  // all the places there are, for the flood holds none
  w.pass(2s);
  for (const auto offset : live) CHECK(w.outcome(offset) == "sent");
  CHECK(w.twilio.asked.size() == 8);
  CHECK(w.telemetry.ended["rejected"] == 500);
}
