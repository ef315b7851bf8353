// An event that meets no trouble, and each way to be rejected: one status for each, published once.
#include <set>

#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using tests::event_words;
using tests::pipeline_world;

TEST_CASE("an event is admitted, texted, settled and published") {
  pipeline_world w;
  event_words words;
  words.id = "one";
  words.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto offset = w.deliver(words);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.store.asked == 2);  // one round trip before the send, one after
  REQUIRE(w.twilio.asked.size() == 1);
  const auto& asked = w.twilio.asked[0];
  CHECK(asked.to == "+61491570006");
  CHECK(asked.body.starts_with("Your verification code is "));
  CHECK(asked.attempt_number == 1);
  CHECK(asked.time_left == 10s);
  CHECK(asked.expires_at == w.clock.now() + 600s);
  CHECK(asked.traceparent == words.traceparent);
  const auto told = w.status(offset);
  CHECK(told["sender"] == "twilio");
  CHECK(told["message_id"] == "SM1");
  CHECK(told["phone_number"] == "+61*******06");
  CHECK(told["expires_at"] == to_rfc3339(w.clock.now() + 600s));
  CHECK(w.stream.records[0].header("ce_traceparent") == words.traceparent);
  CHECK(w.telemetry.ended["sent"] == 1);
  CHECK(w.telemetry.in_flight == 0);
}

TEST_CASE("the code stands in the text alone: not in what is stored or published") {
  pipeline_world w;
  w.deliver();
  const auto& body = w.twilio.asked.at(0).body;
  const auto code = body.substr(body.size() - 6);
  CHECK(code.find_first_not_of("0123456789") == std::string::npos);
  for (const auto& published : w.stream.records) CHECK(published.record.value.find(code) == std::string::npos);
}

TEST_CASE("a redelivered event gives the recorded outcome again and texts nobody") {
  pipeline_world w;
  const auto first = w.deliver("same");
  event_words again;
  again.id = "same";
  again.challenge = "challenge-of-this-event-0";
  const auto second = w.deliver(again);
  CHECK(w.twilio.texts.size() == 1);
  CHECK(w.status(first) == w.status(second));
  CHECK(w.stream.records[0].header("ce_id") == w.stream.records[1].header("ce_id"));
}

TEST_CASE("an outcome does not change, whatever the settings say at the redelivery") {
  pipeline_world w;
  const auto first = w.deliver("same");
  w.environment().applications.clear();
  w.update();
  event_words again;
  again.id = "same";
  again.challenge = "challenge-of-this-event-0";
  CHECK(w.outcome(w.deliver(again)) == "sent");
  CHECK(w.outcome(first) == "sent");
  CHECK(w.twilio.texts.size() == 1);
}

TEST_CASE("the same id with other data is a dead letter as it came") {
  pipeline_world w;
  w.deliver("same");
  const auto other = w.deliver("same");  // another challenge
  CHECK(w.outcome(other) == "dead letter id_reused");
  CHECK(w.twilio.texts.size() == 1);
  CHECK(w.telemetry.dead_letters["id_reused"] == 1);
}

TEST_CASE("what cannot be decoded is a dead letter with its bytes, headers and source") {
  pipeline_world w;
  event_words words;
  words.value = "{\"not\": json}";
  words.key = "a key";
  const auto offset = w.deliver(words);
  CHECK(w.outcome(offset) == "dead letter invalid_json");
  const auto& letter = w.stream.records.at(0);
  CHECK(letter.record.value == words.value);
  CHECK(letter.record.key == "a key");
  CHECK(letter.header("ce_source") == "/sign-in");
  CHECK(letter.header("source-topic") == "sms.send-code");
  CHECK(letter.header("source-partition") == "3");
  CHECK(letter.header("source-offset") == std::to_string(offset));
  words.value = "{}";
  CHECK(w.outcome(w.deliver(words)) == "dead letter invalid_event");
  words.value = std::string(16 * 1024 + 1, ' ');
  CHECK(w.outcome(w.deliver(words)) == "dead letter too_large");
  words.value = std::string(600 * 1024, ' ');  // more than can be copied
  w.deliver(words);
  const auto& large = w.stream.records.back();
  CHECK(large.record.null_value);
  CHECK(large.record.value.empty());
  CHECK(large.header("value-size") == std::to_string(600 * 1024));
  CHECK(large.header("value-sha256").size() == 64);
  CHECK(w.store.asked == 0);
}

TEST_CASE("a dead letter with a large key fits a record all the same") {
  pipeline_world w;
  event_words words;
  words.key = std::string(400 * 1024, 'k');
  words.value = std::string(400 * 1024, ' ');
  w.deliver(words);
  CHECK(w.stream.records.back().record.key == words.key);
  CHECK(w.stream.records.back().record.null_value);
  words.key = std::string(600 * 1024, 'k');
  w.deliver(words);
  CHECK_FALSE(w.stream.records.back().record.key.has_value());
  CHECK(w.stream.records.back().record.value == words.value);
}

TEST_CASE("a dead letter has a smaller one in reserve, for a topic that takes less") {
  pipeline_world w;
  event_words words;
  words.key = std::string(1'000, 'k');
  words.value = std::string(100 * 1024, ' ');
  w.deliver(words);
  const auto& letter = w.stream.records.back().record;
  CHECK(letter.value.size() == words.value.size());
  REQUIRE(letter.if_too_large);
  const auto& smaller = *letter.if_too_large;
  CHECK(smaller.topic == ports::topic::dead_letter);
  CHECK(smaller.null_value);
  CHECK_FALSE(smaller.key.has_value());
  std::vector<std::string> names;
  for (const auto& [name, value] : smaller.headers) names.push_back(name);
  CHECK(names == std::vector<std::string>{"error", "error-detail", "source-topic", "source-partition", "source-offset",
                                          "value-size", "value-sha256"});
}

TEST_CASE("a worker whose clock is slow does not take events for old ones") {
  pipeline_world w;
  w.collecting = true;
  const auto offset = w.deliver();
  w.clock.skew = -9min - 30s;
  w.let_in();
  w.run();
  CHECK(w.outcome(offset) == "sent");
}

TEST_CASE("each verdict of the settings is recorded and published") {
  pipeline_world w;
  const auto outcome_of = [&](auto change) {
    event_words words;
    change(words);
    return w.outcome(w.deliver(words));
  };
  CHECK(outcome_of([](auto& e) { e.environment = "env_other"; }) == "rejected unknown_environment");
  CHECK(outcome_of([](auto& e) { e.application = "app_other"; }) == "rejected unknown_application");
  CHECK(outcome_of([](auto& e) { e.phone = "hello"; }) == "rejected invalid_number");
  CHECK(outcome_of([](auto& e) { e.phone = "+61299990000"; }) == "rejected unsupported_number_type");
  CHECK(outcome_of([](auto& e) { e.phone = "+64211234567"; }) == "rejected country_not_allowed");
  w.environment().phone_applications.clear();
  w.environment().mfa = domain::mfa_policy::off;
  w.update();
  CHECK(outcome_of([](auto&) {}) == "rejected phone_auth_off");
  CHECK(outcome_of([](auto& e) { e.purpose = "mfa"; }) == "rejected sms_mfa_off");
  CHECK(w.twilio.asked.empty());
  CHECK(w.store.records.size() == 7);
}

TEST_CASE("what the store rejects is published with its reason, and nobody is texted") {
  pipeline_world w;
  w.store.limits = [](const auto&) {
    domain::outcome out;
    out.status = domain::status::rejected;
    out.reason = domain::reason::rate_limited;
    out.limited_by = domain::limit_kind::prefix;
    out.retry_after_s = 42;
    return std::optional(out);
  };
  const auto offset = w.deliver();
  CHECK(w.outcome(offset) == "rejected rate_limited.prefix");
  CHECK(w.status(offset)["retry_after_s"] == 42);
  CHECK(w.twilio.asked.empty());
}

TEST_CASE("an event with less than a tenth of its life left is expired") {
  pipeline_world w;
  w.store.outage = true;
  const auto offset = w.deliver();
  w.pass(541s);
  w.store.outage = false;
  w.pass(3s);
  CHECK(w.outcome(offset) == "expired too_old");
  CHECK(w.twilio.asked.empty());
}

TEST_CASE("a test number is never texted, and all else holds for it") {
  pipeline_world w;
  event_words words;
  words.phone = "+12025550123";
  const auto offset = w.deliver(words);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.status(offset)["sender"] == "test");
  CHECK(w.twilio.asked.empty());
  CHECK(w.kinde.asked.empty());
  REQUIRE(w.store.admitted.size() == 1);
  CHECK(w.store.admitted[0].test_number);
  CHECK_FALSE(w.store.admitted[0].limits.empty());
}

TEST_CASE("an environment without an account has the Kinde sender's allowance, and is rejected when it is used up") {
  pipeline_world w;
  w.environment().sms.twilio.reset();
  w.update();
  w.store.kinde_left = 1;
  CHECK(w.outcome(w.deliver()) == "sent");
  CHECK(w.kinde.texts.size() == 1);
  REQUIRE(w.store.admitted[0].allowance);
  CHECK(w.store.admitted[0].allowance->max == 10);
  CHECK(w.store.admitted[0].allowance->monthly);
  CHECK(w.outcome(w.deliver()) == "rejected allowance_used_up");
  CHECK(w.kinde.texts.size() == 1);
}
