// What holds for a delivery whatever the senders answer: its bounds, its flags, and what a takeover does.
#include "tests/catch.hpp"
#include "tests/unit/domain/delivery_walk.hpp"
#include "tests/unit/seed.hpp"
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

scripted_answer answer(answer_class outcome, milliseconds takes = 100ms) {
  return {outcome, takes};
}

}  // namespace

TEST_CASE("attempts and looks end within 45 s") {
  walk w;
  w.answers = {answer(answer_class::unknown, 60s)};
  w.look_takes = 60s;
  const auto out = w.run();
  CHECK(out.text() ==
        "send twilio at 0, look at 10000, send twilio at 15050, look at 25050, send twilio at 30150, look at 40150");
  CHECK(out.ended == 45s);
  CHECK(out.outcome.reason == reason::unconfirmed);
}

TEST_CASE("no attempt begins or lasts beyond the code's life") {
  walk w;
  w.terms.life_left = 5s;
  w.answers = {answer(answer_class::interrupted, 60s)};
  auto out = w.run();
  CHECK(out.text() == "send twilio at 0");
  CHECK(out.ended == 5s);
  CHECK(out.outcome.reason == reason::senders_unavailable);
  w.terms.life_left = 0ms;
  out = w.run();
  CHECK(out.text().empty());
  CHECK(out.outcome.status == status::failed);
}

TEST_CASE("an attempt that ends unknown with the code's life is looked into, and then unconfirmed") {
  walk w;
  w.terms.life_left = 5s;
  w.answers = {answer(answer_class::unknown, 60s)};
  auto out = w.run();
  CHECK(out.text() == "send twilio at 0, look at 5000, look at 6500, look at 9000");
  CHECK(out.outcome.reason == reason::unconfirmed);
  w.found_at_look = 2;
  CHECK(w.run().outcome.status == status::sent);
}

TEST_CASE("time that the store kept the delivery waiting is not of the budget, but of the code's life") {
  delivery event({.route = {sender_kind::twilio}, .life_left = 100s});
  event.deferred(50s);
  CHECK(std::get<domain::send_step>(event.next(50s)).deadline == 60s);
  CHECK(std::get<domain::send_step>(event.next(94s)).deadline == 95s);
  CHECK(std::holds_alternative<domain::finish_step>(event.next(95s)));
  event.deferred(50s);
  CHECK(std::get<domain::send_step>(event.next(99s)).deadline == 100s);
  CHECK(std::holds_alternative<domain::finish_step>(event.next(100s)));
}

TEST_CASE("a takeover asks before it sends, from the event's first lease on") {
  walk w;
  w.terms.maybe_taken = true;
  w.answers = {scripted_answer{}};
  bool whole = false;
  w.watch = [&](const domain::delivery_step& step, milliseconds) {
    if (const auto* look = std::get_if<domain::search_step>(&step)) whole = look->whole;
  };
  auto out = w.run();
  CHECK(whole);
  CHECK(out.text() == "look at 0, look at 1500, look at 4000, send twilio at 4000");
  CHECK(out.outcome.possible_duplicate);
  w.found_at_look = 1;
  out = w.run();
  CHECK(out.text() == "look at 0");
  CHECK(out.outcome.status == status::sent);
  CHECK(out.outcome.attempts.empty());
  CHECK_FALSE(out.outcome.possible_duplicate);
}

TEST_CASE("a takeover of an event that had failed over goes on with the Kinde sender, which knows a repeat") {
  walk w;
  w.terms.maybe_taken = true;
  w.terms.failed_over = true;
  w.answers = {scripted_answer{}};
  auto out = w.run();
  CHECK(out.text() == "look at 0, look at 1500, look at 4000, send kinde at 4000");
  CHECK(out.outcome.sender == sender_kind::kinde);
  CHECK(out.outcome.failed_over);
  w.terms.route = {sender_kind::twilio};  // the settings have changed
  out = w.run();
  CHECK(out.outcome.sender == sender_kind::twilio);
  CHECK(out.outcome.possible_duplicate);
}

TEST_CASE("a takeover of the Kinde sender's event simply asks it again; its life over, it is unconfirmed") {
  walk w;
  w.terms.route = {sender_kind::kinde};
  w.terms.maybe_taken = true;
  w.answers = {scripted_answer{}};
  auto out = w.run();
  CHECK(out.text() == "send kinde at 0");
  CHECK_FALSE(out.outcome.possible_duplicate);
  w.terms.life_left = 0ms;
  out = w.run();
  CHECK(out.outcome.reason == reason::unconfirmed);
}

TEST_CASE("flags of an earlier lease stay") {
  walk w;
  w.terms.possible_duplicate = true;
  w.answers = {scripted_answer{}};
  CHECK(w.run().outcome.possible_duplicate);
  CHECK(delivery({.route = {sender_kind::twilio}, .failed_over = true}).failed_over());
}

TEST_CASE("a reserved text may be given back only where nothing can have been taken") {
  for (int kind = 0; kind <= static_cast<int>(answer_class::unknown); ++kind) {
    const auto made = static_cast<answer_class>(kind);
    delivery event({.route = {sender_kind::kinde}, .life_left = 600s});
    CHECK(event.surely_untouched(sender_kind::kinde));
    event.answered({.attempt = {.sender = sender_kind::kinde, .outcome = made}, .message_id = {}, .retry_after = {}},
                   0ms, 1ms, 0);
    CHECK(event.surely_untouched(sender_kind::kinde) ==
          (made != answer_class::accepted && made != answer_class::unknown));
  }
  CHECK_FALSE(delivery({.route = {sender_kind::kinde}, .maybe_taken = true}).surely_untouched(sender_kind::kinde));
}

TEST_CASE("whatever the senders answer, the bounds hold") {
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  for (int round = 0; round < 5'000; ++round) {
    walk w;
    if (random.one_in(2)) w.terms.route = {random.one_in(2) ? sender_kind::twilio : sender_kind::kinde};
    w.terms.life_left = milliseconds(random.below(120'000));
    w.account_trusted = random.one_in(2);
    w.terms.maybe_taken = random.one_in(4);
    w.terms.failed_over = w.terms.maybe_taken && random.one_in(2);
    w.kinde_usable = !random.one_in(4);
    w.unit = random.unit();
    w.look_takes = milliseconds(random.below(7'000));
    w.found_at_look = random.one_in(3) ? static_cast<int>(random.below(6)) : 0;
    for (int i = 0; i < 8; ++i) {
      w.answers.push_back({static_cast<answer_class>(random.below(9)), milliseconds(random.below(12'000)), {}, 0});
      if (random.one_in(3)) w.answers.back().retry_after = milliseconds(random.below(20'000));
    }
    // In half of the rounds no breaker ever opens, so that the plain bounds hold to the millisecond.
    const bool breakers = random.one_in(2);
    if (breakers) {
      w.shut = [&](sender_kind, milliseconds) { return random.one_in(4); };
      w.shut_by_refusals = random.one_in(2);
      for (auto& each : w.answers) each.breaker_open = random.one_in(2);
    }
    const auto end = breakers ? w.terms.life_left : std::min(delivery::budget, w.terms.life_left);
    w.watch = [&](const domain::delivery_step& step, milliseconds now) {
      if (const auto* wait = std::get_if<domain::wait_step>(&step)) REQUIRE(wait->until > now);
      if (const auto* send = std::get_if<domain::send_step>(&step)) {
        REQUIRE(now < end);
        REQUIRE(send->deadline > now);
        REQUIRE(send->deadline <= std::min(end, now + delivery::attempt_most));
      }
      if (const auto* look = std::get_if<domain::search_step>(&step)) {
        REQUIRE(look->sender == sender_kind::twilio);
        REQUIRE((breakers || look->deadline <= delivery::budget));
      }
    };
    const auto out = w.run();
    INFO(out.text());
    // Looks may outlast the code's life, and the budget an attempt's time out of a hold.
    CHECK(out.ended <= (breakers ? w.terms.life_left + delivery::budget : delivery::budget));
    CHECK((out.outcome.status == status::sent || out.outcome.status == status::failed));
    CHECK((out.outcome.reason == reason::none) == (out.outcome.status == status::sent));

    std::size_t twilio = 0, kinde = 0;
    bool unsure = w.terms.maybe_taken && w.terms.route.front() == sender_kind::twilio;
    bool duplicate = false;
    bool over = false;
    for (const auto& attempt : out.outcome.attempts) {
      CHECK_FALSE(over);
      if (breakers) {
        // Held in between, an event may be tried more often; what nobody may ever exceed is checked below.
        if (attempt.sender == sender_kind::twilio && attempt.outcome == answer_class::unknown) ++twilio;
        continue;
      }
      (attempt.sender == sender_kind::twilio ? twilio : kinde) += 1;
      if (kinde > 0) CHECK(attempt.sender == sender_kind::kinde);  // never back
      duplicate = duplicate || unsure;
      if (attempt.sender == sender_kind::twilio && attempt.outcome == answer_class::unknown) unsure = true;
      over = attempt.outcome == answer_class::accepted || attempt.outcome == answer_class::recipient ||
             attempt.outcome == answer_class::opted_out || attempt.outcome == answer_class::policy ||
             attempt.outcome == answer_class::fraud || (attempt.outcome == answer_class::account && !w.account_trusted);
    }
    CHECK(twilio <= delivery::attempts_each);
    CHECK(kinde <= delivery::attempts_each);
    CHECK(out.outcome.attempts.size() <= delivery::attempts_told_most);
    if (!breakers) CHECK(out.outcome.possible_duplicate == duplicate);
  }
}
