// Attempts, looks and the other sender, with exact times: jitter draws a half.
#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"
#include "worker/domain/receipt_ref.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::answer_class;
using tests::pipeline_world;
using answer = tests::fake_text_sender::answer;

namespace {

// When each attempt began, in ms after the first.
std::vector<std::int64_t> times(const tests::fake_text_sender& sender) {
  std::vector<std::int64_t> out;
  for (const auto& asked : sender.asked) out.push_back((asked.at - sender.asked[0].at).count());
  return out;
}

std::shared_ptr<const domain::key_ring> ring_of_refs(std::optional<timestamp> not_after = {}) {
  const auto key = std::make_shared<const secret>(std::string(32, 'r'));
  const auto ring = domain::key_ring::make({{"r1", key, std::nullopt, not_after}});
  return std::make_shared<const domain::key_ring>(ring->derive(domain::ref_key_label));
}

}  // namespace

TEST_CASE("a busy sender is asked again with doubled ceilings, and the attempts are told") {
  pipeline_world w;
  w.twilio.script = {{.outcome = answer_class::busy}, {.outcome = answer_class::interrupted}, {}};
  const auto offset = w.deliver();
  CHECK(w.twilio.asked.size() == 1);
  w.pass(49ms);
  CHECK(w.twilio.asked.size() == 1);
  w.pass(1ms);
  CHECK(w.twilio.asked.size() == 2);
  w.pass(100ms);
  CHECK(w.outcome(offset) == "sent");
  CHECK(times(w.twilio) == std::vector<std::int64_t>{0, 50, 150});
  CHECK(w.twilio.asked[2].attempt_number == 3);
  const auto told = w.status(offset);
  REQUIRE(told["attempts"].size() == 3);
  CHECK(told["attempts"][0]["outcome"] == "busy");
  CHECK(told["attempts"][1]["outcome"] == "interrupted");
  CHECK(told["attempts"][2]["outcome"] == "accepted");
  CHECK(w.telemetry.attempts == 3);
}

TEST_CASE("Retry-After is waited for") {
  pipeline_world w;
  w.twilio.script = {{.outcome = answer_class::busy, .retry_after = 2s}};
  const auto offset = w.deliver();
  w.pass(1999ms);
  CHECK(w.outcome(offset) == "open");
  w.pass(1ms);
  CHECK(w.outcome(offset) == "sent");
}

TEST_CASE("an interrupted Twilio fails over to the Kinde sender, whose text is reserved first") {
  pipeline_world w;
  w.twilio.script = {3, answer{.outcome = answer_class::interrupted}};
  const auto offset = w.deliver();
  w.pass(1s);
  CHECK(w.outcome(offset) == "sent");
  const auto told = w.status(offset);
  CHECK(told["sender"] == "kinde");
  CHECK(told["failed_over"] == true);
  CHECK_FALSE(told.contains("possible_duplicate"));
  REQUIRE(w.store.renewals.size() == 1);
  REQUIRE(w.store.renewals[0].reserve);
  CHECK(w.store.renewals[0].reserve->max == 1000);
  CHECK_FALSE(w.store.renewals[0].reserve->monthly);
  CHECK(w.store.renewals[0].flags.failed_over);
  CHECK(w.kinde.asked[0].body == w.twilio.asked[0].body);  // the same code
  CHECK(w.kinde.asked[0].attempt_number == 4);
}

TEST_CASE("with the fallback's allowance used up the Kinde sender is not asked") {
  pipeline_world w;
  w.store.kinde_left = 0;
  w.twilio.script = {3, answer{.outcome = answer_class::busy}};
  const auto offset = w.deliver();
  w.pass(1s);
  CHECK(w.outcome(offset) == "failed senders_unavailable");
  CHECK(w.kinde.asked.empty());
}

TEST_CASE("what was reserved for a Kinde sender that surely took nothing is given back") {
  pipeline_world w;
  w.twilio.script = {3, answer{.outcome = answer_class::busy}};
  w.kinde.script = {3, answer{.outcome = answer_class::busy}};
  const auto offset = w.deliver();
  w.pass(2s);
  CHECK(w.outcome(offset) == "failed senders_unavailable");
  CHECK(w.status(offset)["failed_over"] == true);
  CHECK(w.store.given_back == 1);
}

TEST_CASE("what was reserved is kept where the Kinde sender may have taken the text") {
  pipeline_world w;
  w.twilio.script = {3, answer{.outcome = answer_class::interrupted}};
  w.kinde.script = {
      {.outcome = answer_class::unknown}, {.outcome = answer_class::busy}, {.outcome = answer_class::busy}};
  const auto offset = w.deliver();
  w.pass(2s);
  CHECK(w.outcome(offset) == "failed unconfirmed");
  CHECK(w.store.given_back == 0);
}

TEST_CASE("a text that was reserved of the month goes back to the month, whatever the settings say by then") {
  pipeline_world w;
  auto twilio = w.environment().sms.twilio;
  w.environment().sms.twilio.reset();
  w.update();
  w.kinde.script = {20, answer{.outcome = answer_class::interrupted}};
  const auto offset = w.deliver();
  w.pass(10s);
  REQUIRE(w.outcome(offset) == "open");
  w.environment().sms.twilio = twilio;
  w.update();
  w.pass(60s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.status(offset)["sender"] == "twilio");
  REQUIRE_FALSE(w.store.settlements.empty());
  const auto& given_back = w.store.settlements.back().give_back;
  REQUIRE(given_back);
  CHECK(given_back->monthly);
}

TEST_CASE("answers about the recipient, the policy and fraud end the event without another sender") {
  const std::pair<answer_class, std::string> ends[] = {{answer_class::recipient, "failed recipient_unreachable"},
                                                       {answer_class::opted_out, "failed recipient_opted_out"},
                                                       {answer_class::policy, "failed sender_rejected"},
                                                       {answer_class::fraud, "failed suspected_fraud"}};
  for (const auto& [kind, expected] : ends) {
    pipeline_world w;
    w.twilio.script = {{.outcome = kind}};
    CHECK(w.outcome(w.deliver()) == expected);
    CHECK(w.kinde.asked.empty());
    CHECK(w.store.settlements.at(0).fraud_answer == (kind == answer_class::fraud));
    CHECK(w.store.settlements[0].phone == "+61491570006");
    CHECK(w.store.settlements[0].prefix == "+614915");
  }
}

TEST_CASE("a refused account fails over only once it has accepted a text") {
  pipeline_world w;
  w.twilio.script = {{.outcome = answer_class::account}, {}, {.outcome = answer_class::account}};
  CHECK(w.outcome(w.deliver()) == "failed sender_rejected");
  CHECK(w.outcome(w.deliver()) == "sent");
  const auto third = w.deliver();
  CHECK(w.outcome(third) == "sent");
  CHECK(w.status(third)["sender"] == "kinde");
}

TEST_CASE("a text that was taken and not answered is found, and nobody is texted twice") {
  pipeline_world w;
  w.twilio.script = {{.outcome = answer_class::unknown, .taken = true, .takes = 60s}};
  const auto offset = w.deliver();
  w.pass(10s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.status(offset)["message_id"] == "SM1");
  CHECK(w.twilio.texts.size() == 1);
  REQUIRE(w.twilio.searches.size() == 1);
  CHECK(w.twilio.searches[0] == w.twilio.asked[0].at);
  CHECK_FALSE(w.status(offset).contains("possible_duplicate"));
}

TEST_CASE("what is not found goes out again, marked as a possible duplicate") {
  pipeline_world w;
  w.twilio.script = {{.outcome = answer_class::unknown}, {}};
  const auto offset = w.deliver();
  w.pass(3999ms);
  CHECK(w.twilio.asked.size() == 1);
  w.pass(1s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.twilio.searches.size() == 3);
  CHECK(w.status(offset)["possible_duplicate"] == true);
  CHECK(w.twilio.asked[0].body == w.twilio.asked[1].body);
}

TEST_CASE("a search does not take another event's text for its own") {
  pipeline_world w;
  const auto first = w.deliver();  // the same number, within the same second
  w.twilio.script = {{.outcome = answer_class::unknown, .taken = true}};
  const auto second = w.deliver();
  w.pass(1s);
  CHECK(w.status(first)["message_id"] == "SM1");
  CHECK(w.status(second)["message_id"] == "SM2");
  CHECK(w.twilio.texts.size() == 2);
}

TEST_CASE("where only another event's text is found, the text goes out again") {
  pipeline_world w;
  w.deliver();
  w.twilio.script = {{.outcome = answer_class::unknown}, {}};
  const auto second = w.deliver();
  w.pass(5s);
  CHECK(w.status(second)["message_id"] == "SM2");
  CHECK(w.status(second)["possible_duplicate"] == true);
}

TEST_CASE("a Twilio that cannot be asked is as one that knows nothing") {
  pipeline_world w;
  w.twilio.searches_fail = true;
  w.twilio.script = {{.outcome = answer_class::unknown, .taken = true}, {}};
  const auto offset = w.deliver();
  w.pass(6s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.status(offset)["possible_duplicate"] == true);
}

TEST_CASE("the Kinde sender is asked again under the same request id, and texts once") {
  pipeline_world w;
  w.environment().sms.twilio.reset();
  w.update();
  w.kinde.script = {{.outcome = answer_class::unknown, .taken = true}, {}};
  const auto offset = w.deliver();
  w.pass(1s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.kinde.asked.size() == 2);
  CHECK(w.kinde.asked[0].request_id == w.kinde.asked[1].request_id);
  CHECK(w.kinde.texts.size() == 1);
  CHECK_FALSE(w.status(offset).contains("possible_duplicate"));
}

TEST_CASE("MFA goes by the Kinde sender where Twilio is not used for it") {
  pipeline_world w;
  w.environment().sms.use_for_mfa = false;
  w.update();
  tests::event_words words;
  words.purpose = "mfa";
  const auto offset = w.deliver(words);
  CHECK(w.status(offset)["sender"] == "kinde");
  CHECK_FALSE(w.status(offset).contains("failed_over"));
  CHECK(w.store.admitted[0].allowance->max == 1000);
  CHECK(w.store.admitted[0].device == ports::device_class::known);
}

TEST_CASE("a text bears the sealed ref of its event, whichever attempt it is") {
  pipeline_world w;
  w.ref_keys = ring_of_refs();
  w.update();
  w.twilio.script = {{.outcome = answer_class::busy}, {}};
  tests::event_words words;
  words.purpose = "mfa";
  words.challenge = "k3Jw9sQ2vT7yB4nH1cXzLg";
  words.id = "an event";
  const auto born = w.clock.now();
  w.deliver(words);
  w.pass(1s);
  REQUIRE(w.twilio.asked.size() == 2);
  CHECK(w.twilio.asked[0].receipt_ref == w.twilio.asked[1].receipt_ref);
  const auto ref = domain::open_ref(*w.ref_keys, "env_live", w.twilio.asked[0].receipt_ref, w.clock.now());
  CHECK(ref == domain::receipt_ref{pipeline_world::request_id("an event"), words.challenge, "app_web",
                                   domain::purpose::mfa, born});
  w.deliver();
  CHECK(w.twilio.asked[2].receipt_ref != w.twilio.asked[0].receipt_ref);
}

TEST_CASE("a text goes out without a ref where no receipts are asked for, and where no key of the ring is valid") {
  for (const bool asked_for : {false, true}) {
    pipeline_world w;
    if (asked_for) w.ref_keys = ring_of_refs(w.clock.now());
    w.update();
    CHECK(w.outcome(w.deliver()) == "sent");
    CHECK(w.twilio.asked.at(0).receipt_ref.empty());
  }
}

TEST_CASE("a receipt can only come of a text by Twilio, so no ref is sealed for others") {
  pipeline_world w;
  w.ref_keys = ring_of_refs();
  w.environment().sms.twilio.reset();
  w.update();
  CHECK(w.outcome(w.deliver()) == "sent");
  CHECK(w.kinde.asked.at(0).receipt_ref.empty());
}
