// What becomes of an event while senders' breakers are open: failover, holding, and being tried again.
#include "tests/catch.hpp"
#include "tests/unit/domain/delivery_walk.hpp"
#include "worker/domain/delivery.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::answer_class;
using domain::delivery;
using domain::reason;
using domain::sender_kind;
using domain::status;
using tests::scripted_answer;
using tests::walk;

namespace {

scripted_answer opening(answer_class outcome, milliseconds takes = 100ms) {
  return {.outcome = outcome, .takes = takes, .breaker_open = true};
}

auto shut_until(sender_kind which, milliseconds end) {
  return [=](sender_kind sender, milliseconds now) { return sender == which && now < end; };
}

walk without_fallback() {
  walk w;
  w.terms.route = {sender_kind::twilio};
  return w;
}

}  // namespace

TEST_CASE("behind an open breaker the other sender is asked at once") {
  walk w;
  w.shut = shut_until(sender_kind::twilio, 1h);
  w.answers = {{}};
  const auto out = w.run();
  CHECK(out.text() == "send kinde at 0");
  CHECK(out.outcome.failed_over);
  CHECK_FALSE(out.outcome.possible_duplicate);
}

TEST_CASE("an attempt that opens the breaker is the last one: the other sender is asked") {
  walk w;
  w.answers = {opening(answer_class::interrupted), {}};
  CHECK(w.run().text() == "send twilio at 0, send kinde at 100");
}

TEST_CASE("without a fallback an event behind an open breaker is held, and sent once it closes") {
  auto w = without_fallback();
  w.shut = shut_until(sender_kind::twilio, 5min);
  w.answers = {{}};
  const auto out = w.run();
  CHECK(out.text() == "held at 0, send twilio at 300000");
  CHECK(out.outcome.status == status::sent);
  CHECK_FALSE(out.outcome.possible_duplicate);
}

TEST_CASE("attempts that end with an open breaker hold the event rather than end it") {
  auto w = without_fallback();
  const auto kind = GENERATE(answer_class::interrupted, answer_class::account);
  w.answers = {opening(kind), {}};
  w.shut = [](sender_kind, milliseconds now) { return now > 0s && now < 4s; };
  const auto out = w.run();
  CHECK(out.text() == "send twilio at 0, held at 100, send twilio at 4100");
  CHECK(out.outcome.status == status::sent);
  CHECK(out.outcome.attempts.size() == 2);
}

TEST_CASE("a try that comes to nothing holds the event again, and none of it is of the budget") {
  auto w = without_fallback();
  // As with an address that takes ten seconds to fail: more of it than the budget has.
  w.answers.assign(20, opening(answer_class::interrupted, 10s));
  w.answers.push_back({});
  const auto out = w.run();
  CHECK(out.outcome.status == status::sent);
  CHECK(out.outcome.attempts.size() == delivery::attempts_told_most);
  CHECK(out.outcome.attempts.back().outcome == answer_class::accepted);
  CHECK(out.ended > 200s);
}

TEST_CASE("a held event is given up 30 s before its code's life ends") {
  auto w = without_fallback();
  w.terms.life_left = 120s;
  w.shut = shut_until(sender_kind::twilio, 1h);
  w.answers = {{}};
  const auto out = w.run();
  CHECK(out.text() == "held at 0");
  CHECK(out.ended == 90s);
  CHECK(out.outcome.status == status::failed);
  CHECK(out.outcome.reason == reason::senders_unavailable);
  CHECK(out.outcome.attempts.empty());
}

TEST_CASE("held time is not of the 45 s, but of the code's life") {
  delivery event({.route = {sender_kind::twilio}, .life_left = 600s});
  CHECK(std::get<domain::send_step>(event.next(40s)).deadline == 45s);
  event.shut_out(false, 40s);
  CHECK(std::get<domain::hold_step>(event.next(500s)).until == 570s);
  event.try_again(500s);
  CHECK(std::get<domain::send_step>(event.next(500s)).deadline == 505s);
}

TEST_CASE("what may have been taken goes out again after a hold, marked, and at most three times in all") {
  auto w = without_fallback();
  const auto unknown = opening(answer_class::unknown, 0ms);
  // After each attempt it is shut once, and lets the held event through a second later.
  w.shut = [asked = 0](sender_kind, milliseconds) mutable { return asked++ % 3 == 1; };
  w.answers = {unknown, {}};
  auto out = w.run();
  CHECK(out.outcome.status == status::sent);
  CHECK(out.outcome.possible_duplicate);
  w.answers = {unknown};
  out = w.run();
  CHECK(std::ranges::count_if(out.steps, [](const auto& s) { return s.starts_with("send"); }) == 3);
  CHECK(std::ranges::count_if(out.steps, [](const auto& s) { return s.starts_with("held"); }) >= 1);
  CHECK(out.outcome.reason == reason::unconfirmed);
}

TEST_CASE("given up while an attempt may have been taken, it is unconfirmed") {
  auto w = without_fallback();
  w.answers = {opening(answer_class::unknown, 0ms)};
  w.shut = [](sender_kind, milliseconds now) { return now > 0ms; };
  const auto out = w.run();
  CHECK(out.text() == "send twilio at 0, look at 0, look at 1500, look at 4000, held at 4050");
  CHECK(out.outcome.reason == reason::unconfirmed);
}

TEST_CASE("an account that is refused gets no fallback by its open breaker, unless it is trusted") {
  walk w;
  w.shut = shut_until(sender_kind::twilio, 1h);
  w.shut_by_refusals = true;
  w.answers = {{}};
  CHECK(w.run().text() == "send kinde at 0");
  w.account_trusted = false;
  const auto out = w.run();
  CHECK(out.text() == "held at 0");
  CHECK(out.outcome.reason == reason::senders_unavailable);
}

TEST_CASE("a refusal ends the event of an account that is not trusted, for there is nothing to wait for") {
  walk w;
  w.account_trusted = false;
  w.answers = {{.outcome = answer_class::account}};
  const auto out = w.run();
  CHECK(out.text() == "send twilio at 0");
  CHECK(out.outcome.reason == reason::sender_rejected);
}

TEST_CASE("with both senders away the event waits for either, and goes by the first one if that is back") {
  walk w;
  w.answers = {{}};
  w.shut = [](sender_kind sender, milliseconds now) { return now < (sender == sender_kind::twilio ? 60s : 30s); };
  CHECK(w.run().text() == "held at 0, send kinde at 30000");
  w.shut = [](sender_kind sender, milliseconds now) { return now < (sender == sender_kind::twilio ? 30s : 60s); };
  CHECK(w.run().text() == "held at 0, send twilio at 30000");
}

TEST_CASE("that it failed over is told only of a second sender that was asked") {
  delivery event({.route = {sender_kind::twilio, sender_kind::kinde}, .life_left = 600s});
  event.shut_out(false, 0s);
  CHECK(event.failed_over());  // it is about to be asked, and a crash must not hide that
  event.shut_out(false, 0s);
  CHECK_FALSE(event.failed_over());
  event.give_up();
  CHECK_FALSE(event.failed_over());
  CHECK_FALSE(std::get<domain::finish_step>(event.next(0s)).outcome.failed_over);
}

TEST_CASE("a fallback that is of no use leaves the event waiting for the first sender alone") {
  walk w;
  w.shut = shut_until(sender_kind::twilio, 60s);
  w.answers = {{}};
  SECTION("its allowance is used up") {
    w.kinde_usable = false;
    CHECK(w.run().text() == "held at 0, send twilio at 60000");
  }
  SECTION("it refuses us") {
    w.answers = {{.outcome = answer_class::account}, {}};
    CHECK(w.run().text() == "send kinde at 0, held at 100, send twilio at 60100");
  }
  SECTION("it is busy to the end") {
    w.answers.assign(3, {.outcome = answer_class::busy});
    w.answers.push_back({});
    CHECK(w.run().text() == "send kinde at 0, send kinde at 150, send kinde at 350, held at 450, send twilio at 60450");
  }
}

TEST_CASE("a Kinde sender that may have taken it stays the only one to ask") {
  walk w;
  w.shut = [](sender_kind sender, milliseconds now) {
    return sender == sender_kind::twilio ? now < 10s : now > 0ms && now < 60s;
  };
  w.answers = {opening(answer_class::unknown), {}};
  const auto out = w.run();
  CHECK(out.text() == "send kinde at 0, held at 100, send kinde at 60100");
  CHECK(out.outcome.status == status::sent);
  CHECK_FALSE(out.outcome.possible_duplicate);
}

TEST_CASE("Retry-After is honoured by a hold too") {
  auto w = without_fallback();
  w.answers = {opening(answer_class::interrupted), {}};
  w.answers[0].retry_after = 20s;
  CHECK(w.run().text() == "send twilio at 0, held at 100, send twilio at 20100");
}

TEST_CASE("settings that change while an event is held change where it may go") {
  delivery event({.route = {sender_kind::twilio}, .life_left = 600s});
  event.shut_out(false, 0ms);
  CHECK(std::get<domain::hold_step>(event.next(0ms)).waits_for == std::vector{sender_kind::twilio});
  event.rerouted({sender_kind::twilio, sender_kind::kinde});
  CHECK(std::get<domain::hold_step>(event.next(0ms)).waits_for.size() == 2);
  event.try_again(1s);
  event.shut_out(false, 1s);
  CHECK(std::get<domain::send_step>(event.next(1s)).sender == sender_kind::kinde);
}
