// Twilio is told of approved codes: after the answer, bounded, and never in a check's way.
#include "worker/pipeline/feedback.hpp"

#include <cstring>

#include "tests/fakes/fake_feedback.hpp"
#include "tests/unit/pipeline/check_desk.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using pipeline::feedback;
using tests::check_desk;
using kind = ports::feedback_reply::kind;

namespace {

struct feedback_desk : check_desk {
  tests::fake_sent_texts texts;
  tests::fake_feedback_taker twilio{w.clock};
  feedback told{w.context.get_executor(), texts, twilio, w.clock, w.telemetry};

  feedback_desk() {
    checker.tell_approvals_to(told);
    w.environment().sms.provide_feedback = true;
    checker.update(w.rules());
  }
  ~feedback_desk() { w.pass(1h); }  // what still waits refers to what goes now
  feedback_desk(const feedback_desk&) = delete;
  feedback_desk& operator=(const feedback_desk&) = delete;

  void next_challenge() {
    ++challenges;
    challenge = "challenge-of-a-person-" + std::to_string(challenges);
    nonce.fill(0);
    std::memcpy(nonce.data(), &challenges, sizeof challenges);
  }
  void approve() {
    next_challenge();
    answered<ports::code_approved>(guess(right_code()));
  }
  int challenges = 0;
  int counted(const std::string& result) { return w.telemetry.feedback[result]; }
};

}  // namespace

TEST_CASE("Twilio is told of a code that was approved, once the answer is out") {
  feedback_desk d;
  d.approve();
  CHECK(d.texts.asked.empty());
  CHECK(d.twilio.told.empty());
  d.w.pass(499ms);
  CHECK(d.texts.asked.empty());
  d.w.pass(1ms);
  REQUIRE(d.texts.asked.size() == 1);
  CHECK(d.texts.asked[0].environment_id == "env_live");
  CHECK(d.texts.asked[0].challenge_id == d.challenge);
  CHECK(d.texts.asked[0].application_id == "app_web");
  REQUIRE(d.twilio.told.size() == 1);
  CHECK(d.twilio.told[0].environment_id == "env_live");
  CHECK(d.twilio.told[0].message_id == d.texts.text.message_id);
  CHECK(d.counted("confirmed") == 1);
}

TEST_CASE("a wrong code, a test number's and an environment that does not ask for it tell Twilio nothing") {
  feedback_desk d;
  d.answered<ports::code_incorrect>(d.guess(d.wrong_code()));
  d.test_number = true;
  d.w.environment().sms.test_numbers[0].code.value = std::make_shared<const secret>(std::string("424242"));
  d.checker.update(d.w.rules());
  d.answered<ports::code_approved>(d.guess("424242", "+12025550123"));
  d.test_number = false;
  d.w.environment().sms.provide_feedback = false;
  d.checker.update(d.w.rules());
  d.approve();
  d.w.environment().sms.provide_feedback = true;
  d.w.environment().sms.twilio.reset();
  d.checker.update(d.w.rules());
  d.approve();
  d.w.pass(1min);
  CHECK(d.texts.asked.empty());
  CHECK(d.twilio.told.empty());
  CHECK(d.w.telemetry.feedback.empty());
}

TEST_CASE("whom nobody answers is told once more, 5 s later, and then no more") {
  feedback_desk d;
  d.twilio.script.assign(10, kind::failed);
  d.approve();
  d.w.pass(500ms);
  REQUIRE(d.twilio.told.size() == 1);
  CHECK(d.w.telemetry.feedback.empty());
  d.w.pass(4'999ms);
  CHECK(d.twilio.told.size() == 1);
  d.w.pass(1ms);
  CHECK(d.twilio.told.size() == 2);
  CHECK(d.counted("unanswered") == 1);
  d.w.pass(10min);
  CHECK(d.twilio.told.size() == 2);
}

TEST_CASE("a text whose outcome is not recorded yet, and a store that is away, are looked at once more") {
  for (const bool outage : {false, true}) {
    feedback_desk d;
    d.texts.outage = outage;
    if (!outage) d.texts.text = {ports::last_text::state::under_way, ""};
    d.approve();
    d.w.pass(500ms);
    CHECK(d.texts.asked.size() == 1);
    CHECK(d.twilio.told.empty());
    d.texts.outage = false;
    d.texts.text = {ports::last_text::state::sent, "SM" + std::string(32, 'b')};
    d.w.pass(5s);
    REQUIRE(d.twilio.told.size() == 1);
    CHECK(d.twilio.told[0].message_id == "SM" + std::string(32, 'b'));
    CHECK(d.counted("confirmed") == 1);
  }
}

TEST_CASE("what Twilio refuses, and what it did not send, is counted and not told again") {
  feedback_desk d;
  d.twilio.script = {kind::refused};
  d.approve();
  d.w.pass(1min);
  CHECK(d.twilio.told.size() == 1);
  CHECK(d.counted("refused") == 1);
  d.texts.text = {};
  d.approve();
  d.w.pass(1min);
  CHECK(d.twilio.told.size() == 1);
  CHECK(d.counted("no_text") == 1);
}

TEST_CASE("a Twilio that hangs holds up no check, and no more than 1,000 wait for it, four at once") {
  feedback_desk d;
  d.twilio.takes = 1h;  // each until its deadline
  d.twilio.script.assign(10'000, kind::failed);
  for (int i = 0; i < 1'100; ++i) d.approve();  // each is answered at once
  CHECK(d.counted("dropped") == 100);
  for (int i = 0; i < 40; ++i) {
    d.w.pass(250ms);
    REQUIRE(d.twilio.under_way <= 4);
  }
  CHECK(d.twilio.under_way == 4);
  // 5 s each, four at once, each told twice: over in 2,500 s.
  d.w.pass(2'600s);
  CHECK(d.twilio.told.size() == 2'000);
  CHECK(d.counted("unanswered") == 1'000);
  d.twilio.script.clear();
  d.twilio.takes = 0ms;
  d.approve();
  d.w.pass(1s);
  CHECK(d.counted("confirmed") == 1);
}

TEST_CASE("what waits for its second telling keeps no first one waiting") {
  feedback_desk d;
  d.twilio.script.assign(4, kind::failed);
  for (int i = 0; i < 4; ++i) d.approve();
  d.w.pass(500ms);
  REQUIRE(d.twilio.told.size() == 4);
  d.approve();
  d.w.pass(750ms);  // half a second, and a nap that may have begun
  CHECK(d.counted("confirmed") == 1);
}

TEST_CASE("approvals are counted by the number's country, test numbers' are not") {
  feedback_desk d;
  d.approve();
  CHECK(d.w.telemetry.approvals == std::map<std::string, int>{{"AU", 1}});
  d.next_challenge();
  d.answered<ports::code_incorrect>(d.guess(d.wrong_code()));
  d.test_number = true;
  d.w.environment().sms.test_numbers[0].code.value = std::make_shared<const secret>(std::string("424242"));
  d.checker.update(d.w.rules());
  d.answered<ports::code_approved>(d.guess("424242", "+12025550123"));
  CHECK(d.w.telemetry.approvals == std::map<std::string, int>{{"AU", 1}});
}

TEST_CASE("texts are counted by the number's country as they go out, once each, and test numbers have none") {
  tests::pipeline_world w;
  tests::event_words one;
  one.id = "one";
  one.challenge = "challenge-of-this-event-one";
  w.deliver(one);
  w.deliver(one);  // redelivered: the same outcome again
  CHECK(w.telemetry.texts == std::map<std::string, int>{{"AU", 1}});
  CHECK(w.telemetry.ended["sent"] == 2);
  tests::event_words to_test_number;
  to_test_number.phone = "+12025550123";
  w.deliver(to_test_number);
  w.twilio.script = {{.outcome = domain::answer_class::opted_out}};
  tests::event_words opted_out;
  opted_out.phone = "+61491570157";
  w.deliver(opted_out);
  CHECK(w.telemetry.texts == std::map<std::string, int>{{"AU", 1}});
}
