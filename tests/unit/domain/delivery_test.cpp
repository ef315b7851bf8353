#include "worker/domain/delivery.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/delivery_walk.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::answer_class;
using domain::reason;
using domain::sender_kind;
using domain::status;
using tests::scripted_answer;
using tests::walk;

namespace {

constexpr auto accepted = scripted_answer{};
scripted_answer answer(answer_class outcome, milliseconds takes = 100ms) {
  return {outcome, takes};
}

}  // namespace

TEST_CASE("an accepted text is sent, once") {
  walk w;
  w.answers = {accepted};
  const auto out = w.run();
  CHECK(out.text() == "send twilio at 0");
  CHECK(out.outcome.status == status::sent);
  CHECK(out.outcome.sender == sender_kind::twilio);
  CHECK(out.outcome.message_id == "SM-sent");
  CHECK(out.outcome.attempts.size() == 1);
  CHECK_FALSE(out.outcome.failed_over);
  CHECK_FALSE(out.outcome.possible_duplicate);
}

TEST_CASE("busy and interrupted are retried with doubled ceilings, three attempts in all, then the other sender") {
  for (const auto kind : {answer_class::busy, answer_class::interrupted}) {
    walk w;
    w.answers = {answer(kind), answer(kind), answer(kind), accepted};
    const auto out = w.run();
    // Half of 100 ms, half of 200 ms; the other sender at once.
    CHECK(out.text() == "send twilio at 0, send twilio at 150, send twilio at 350, send kinde at 450");
    CHECK(out.outcome.status == status::sent);
    CHECK(out.outcome.sender == sender_kind::kinde);
    CHECK(out.outcome.failed_over);
    CHECK_FALSE(out.outcome.possible_duplicate);
  }
}

TEST_CASE("the other sender has three attempts of its own, and then it is over") {
  walk w;
  w.answers = {answer(answer_class::busy)};
  const auto out = w.run();
  CHECK(out.text() ==
        "send twilio at 0, send twilio at 150, send twilio at 350, send kinde at 450, send kinde at 600, send kinde at "
        "800");
  CHECK(out.outcome.status == status::failed);
  CHECK(out.outcome.reason == reason::senders_unavailable);
  CHECK(out.outcome.attempts.size() == 6);
  CHECK(out.outcome.failed_over);  // the Kinde sender was asked
}

TEST_CASE("without a fallback three attempts are all") {
  walk w;
  w.terms.route = {sender_kind::twilio};
  w.answers = {answer(answer_class::interrupted)};
  const auto out = w.run();
  CHECK(out.text() == "send twilio at 0, send twilio at 150, send twilio at 350");
  CHECK(out.outcome.reason == reason::senders_unavailable);
  CHECK_FALSE(out.outcome.failed_over);
}

TEST_CASE("an answer about the recipient, the policy or fraud is final at every place, with no other sender") {
  const std::pair<answer_class, reason> finals[] = {{answer_class::recipient, reason::recipient_unreachable},
                                                    {answer_class::opted_out, reason::recipient_opted_out},
                                                    {answer_class::policy, reason::sender_rejected},
                                                    {answer_class::fraud, reason::suspected_fraud}};
  for (const auto& [kind, why] : finals) {
    for (std::size_t before = 0; before < 6; ++before) {
      walk w;
      w.answers.assign(before, answer(answer_class::busy));
      w.answers.push_back(answer(kind));
      const auto out = w.run();
      CHECK(out.outcome.status == status::failed);
      CHECK(out.outcome.reason == why);
      CHECK(out.outcome.attempts.size() == before + 1);
      CHECK(out.outcome.failed_over == (before >= 3));
    }
  }
}

TEST_CASE("a refused account fails over at once if it is trusted, and ends the event if it is not") {
  walk w;
  w.answers = {answer(answer_class::account), accepted};
  auto out = w.run();
  CHECK(out.text() == "send twilio at 0, send kinde at 100");
  CHECK(out.outcome.failed_over);
  w.account_trusted = false;
  out = w.run();
  CHECK(out.text() == "send twilio at 0");
  CHECK(out.outcome.reason == reason::sender_rejected);
  w.account_trusted = true;
  w.terms.route = {sender_kind::twilio};
  CHECK(w.run().outcome.reason == reason::sender_rejected);
}

TEST_CASE("an unknown answer is looked into at 0, 1.5 and 4 s before the next attempt, which may be a duplicate") {
  walk w;
  w.answers = {answer(answer_class::unknown, 10s), accepted};
  const auto out = w.run();
  CHECK(out.text() == "send twilio at 0, look at 10000, look at 11500, look at 14000, send twilio at 14050");
  CHECK(out.outcome.status == status::sent);
  CHECK(out.outcome.possible_duplicate);
}

TEST_CASE("a text that a look finds was sent, without a duplicate") {
  for (int look = 1; look <= 3; ++look) {
    walk w;
    w.answers = {answer(answer_class::unknown)};
    w.found_at_look = look;
    const auto out = w.run();
    CHECK(out.outcome.status == status::sent);
    CHECK(out.outcome.message_id == "SM-found");
    CHECK(out.outcome.attempts.size() == 1);
    CHECK_FALSE(out.outcome.possible_duplicate);
  }
}

TEST_CASE("slow looks end within 5 s") {
  walk w;
  w.answers = {answer(answer_class::unknown, 0ms), accepted};
  w.look_takes = 3s;
  CHECK(w.run().text() == "send twilio at 0, look at 0, look at 3000, send twilio at 5050");
  w.look_takes = 60s;
  CHECK(w.run().text() == "send twilio at 0, look at 0, send twilio at 5050");
}

TEST_CASE("unknown to the end goes to the other sender as a possible duplicate") {
  walk w;
  const auto unknown = answer(answer_class::unknown, 0ms);
  w.answers = {unknown, unknown, unknown, accepted};
  const auto out = w.run();
  CHECK(out.outcome.sender == sender_kind::kinde);
  CHECK(out.outcome.failed_over);
  CHECK(out.outcome.possible_duplicate);
  CHECK(std::ranges::count_if(out.steps, [](const auto& s) { return s.starts_with("look"); }) == 9);
}

TEST_CASE("without a fallback, unknown to the end is unconfirmed") {
  walk w;
  w.terms.route = {sender_kind::twilio};
  w.answers = {answer(answer_class::unknown)};
  CHECK(w.run().outcome.reason == reason::unconfirmed);
  w.answers = {answer(answer_class::unknown), answer(answer_class::busy)};
  CHECK(w.run().outcome.reason == reason::unconfirmed);  // the first may still have been taken
}

TEST_CASE("the Kinde sender is asked again where it is unknown, without looking and without a duplicate") {
  walk w;
  w.terms.route = {sender_kind::kinde};
  w.answers = {answer(answer_class::unknown), answer(answer_class::unknown), accepted};
  auto out = w.run();
  CHECK(out.text() == "send kinde at 0, send kinde at 150, send kinde at 350");
  CHECK(out.outcome.status == status::sent);
  CHECK_FALSE(out.outcome.possible_duplicate);
  CHECK_FALSE(out.outcome.failed_over);
  w.answers = {answer(answer_class::unknown)};
  CHECK(w.run().outcome.reason == reason::unconfirmed);
}

TEST_CASE("Retry-After is honoured; a long one leaves the sender alone and goes to the other") {
  walk w;
  auto busy = answer(answer_class::busy);
  busy.retry_after = 2s;
  w.answers = {busy, accepted};
  CHECK(w.run().text() == "send twilio at 0, send twilio at 2100");
  busy.retry_after = 10s;
  w.answers = {busy, accepted};
  CHECK(w.run().text() == "send twilio at 0, send kinde at 100");
  w.terms.route = {sender_kind::twilio};
  CHECK(w.run().text() == "send twilio at 0, send twilio at 10100");
  busy.retry_after = 3h;
  w.answers = {busy, accepted};
  const auto out = w.run();
  CHECK(out.text() == "send twilio at 0");
  CHECK(out.outcome.reason == reason::senders_unavailable);
}

TEST_CASE("a used-up allowance of the fallback ends the event") {
  walk w;
  w.kinde_usable = false;
  w.answers = {answer(answer_class::interrupted)};
  auto out = w.run();
  CHECK(out.outcome.status == status::failed);
  CHECK(out.outcome.reason == reason::senders_unavailable);
  CHECK_FALSE(out.outcome.failed_over);  // nobody asked the Kinde sender
  w.answers = {answer(answer_class::unknown)};
  CHECK(w.run().outcome.reason == reason::unconfirmed);
}
