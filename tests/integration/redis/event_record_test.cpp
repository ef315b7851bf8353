#include <algorithm>

#include "tests/integration/redis/fixture.hpp"

// The event's record: redelivery in each state, leases, outcomes.
namespace sendcode::redis_tests {

using domain::reason;
using domain::status;

TEST_CASE("a first admission is granted with the nonce and key that came with it") {
  fixture f;
  const auto request = f.event();
  const auto reply = as<ports::granted>(f.admit(request));
  CHECK(reply.first_lease);
  CHECK(reply.nonce == request.fresh_nonce);
  CHECK(reply.key_id == "codes-1");
  CHECK(reply.expires_at == request.birth + request.code_life);
  CHECK(reply.first_leased_at == reply.store_now);
  CHECK(reply.flags == ports::event_flags{});
}

TEST_CASE("asked again with the same token, admit gives the same answer and counts nothing") {
  fixture f;
  auto request = f.event();
  request.limits = {phone_limit(1, 30 * second)};
  request.allowance = ports::allowance_check{10, true};
  const auto first = as<ports::granted>(f.admit(request));
  const std::string list = f.redis().dump(f.key_of("l:phone"));
  const std::string allowance = f.redis().dump(f.key_of("a"));
  for (int i = 0; i < 5; ++i) {
    const auto again = as<ports::granted>(f.admit(request));
    CHECK(again.first_lease);
    CHECK(again.nonce == first.nonce);
    CHECK(again.key_id == first.key_id);
    CHECK(again.expires_at == first.expires_at);
    CHECK(again.first_leased_at == first.first_leased_at);
    CHECK(again.flags == first.flags);
  }
  CHECK(f.redis().dump(f.key_of("l:phone")) == list);
  CHECK(f.redis().dump(f.key_of("a")) == allowance);
}

TEST_CASE("a lease that the same token asks for again begins again") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.pass(14 * second);
  f.admit(request);
  f.pass(14 * second);
  const auto left = as<ports::leased_elsewhere>(f.admit(f.redelivered(request))).left;
  CHECK(left <= second);
}

TEST_CASE("a redelivery while another holds the lease hears how long it still lasts") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.pass(5 * second);
  const auto left = as<ports::leased_elsewhere>(f.value(f.other_worker().admit(f.redelivered(request)))).left;
  CHECK(left <= 10 * second);
  CHECK(left > 5 * second);
}

TEST_CASE("a lease that ran out is taken over, and nothing is charged twice") {
  fixture f;
  auto request = f.event();
  request.limits = {phone_limit(1, 30 * second)};
  const auto first = as<ports::granted>(f.admit(request));
  f.pass(16 * second);
  const auto taken = as<ports::granted>(f.value(f.other_worker().admit(f.redelivered(request))));
  CHECK_FALSE(taken.first_lease);
  CHECK(taken.nonce == first.nonce);
  CHECK(taken.first_leased_at == first.first_leased_at - 16 * second);
  CHECK(f.redis().dump(f.key_of("l:phone")).size() == 9);
  // The first holder has lost it, in every call.
  as<ports::lost>(f.renew(f.renewal(request)));
  as<ports::lost>(f.settle(f.settlement(request)));
  CHECK_FALSE(f.release(f.renewal(request)));
}

TEST_CASE("the same token after a takeover still hears that it is one") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.pass(16 * second);
  const auto taken = f.redelivered(request);
  CHECK_FALSE(as<ports::granted>(f.admit(taken)).first_lease);
  CHECK_FALSE(as<ports::granted>(f.admit(taken)).first_lease);
}

TEST_CASE("the fourth lease to run out makes an event poison, and it stays so") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  for (int i = 0; i < 3; ++i) {
    f.pass(16 * second);
    as<ports::granted>(f.admit(f.redelivered(request)));
  }
  f.pass(16 * second);
  const auto last = f.redelivered(request);
  as<ports::poison>(f.admit(last));
  as<ports::poison>(f.admit(last));
  as<ports::poison>(f.admit(f.redelivered(request)));
}

TEST_CASE("a lease that was given back counts for nothing") {
  fixture f;
  auto request = f.event();
  f.admit(request);
  for (int i = 0; i < 10; ++i) {
    CHECK(f.release(f.renewal(request)));
    CHECK(f.release(f.renewal(request)));  // the answer was lost: the same again
    request = f.redelivered(request);
    CHECK(as<ports::granted>(f.admit(request)).first_lease);  // nobody can have sent
  }
  as<ports::settled>(f.settle(f.settlement(request)));
  CHECK_FALSE(f.release(f.renewal(request)));
}

TEST_CASE("the same id with other content is id_reused in every state") {
  fixture f;
  const auto request = f.event();
  auto other = f.redelivered(request);
  other.data_digest[0] ^= 1;
  f.admit(request);
  as<ports::id_reused>(f.admit(other));
  f.settle(f.settlement(request));
  as<ports::id_reused>(f.admit(other));
}

TEST_CASE("a settled event gives back its whole outcome, whatever the verdict and the settings say now") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  auto settlement = f.settlement(request, "SM0123456789abcdef0123456789abcdef");
  settlement.outcome.failed_over = true;
  settlement.outcome.possible_duplicate = true;
  settlement.outcome.retry_after_s = 7;
  for (int i = 0; i < 12; ++i) {
    settlement.outcome.attempts.push_back(
        {domain::sender_kind::kinde, domain::answer_class::unknown, 503, 4'000'000'000U, milliseconds{60'000 + i}});
  }
  CHECK(as<ports::settled>(f.settle(settlement)).outcome == settlement.outcome);
  CHECK(f.redis().dump(f.key_of("e")).size() <= 256);

  auto later = f.redelivered(request);
  later.verdict.status = status::rejected;
  later.verdict.reason = reason::phone_auth_off;
  const auto reply = as<ports::settled>(f.admit(later));
  CHECK(reply.outcome == settlement.outcome);
  CHECK(reply.expires_at == request.birth + request.code_life);
}

TEST_CASE("the first to settle wins, and settling again gives the same reply") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  const auto settlement = f.settlement(request, "SM1");
  f.settle(settlement);
  auto second_thoughts = settlement;
  second_thoughts.outcome.status = status::failed;
  second_thoughts.outcome.reason = reason::unconfirmed;
  CHECK(as<ports::settled>(f.settle(settlement)).outcome == settlement.outcome);
  CHECK(as<ports::settled>(f.settle(second_thoughts)).outcome == settlement.outcome);
  second_thoughts.token = random_token();
  const auto late = as<ports::settled>(f.settle(second_thoughts));
  CHECK(late.outcome == settlement.outcome);
  CHECK(late.by == settlement.token);
}

TEST_CASE("a lease that ran out is still its holder's until another takes it") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.pass(minute);
  as<ports::renewed>(f.renew(f.renewal(request)));
  as<ports::leased_elsewhere>(f.admit(f.redelivered(request)));
  f.pass(minute);
  as<ports::settled>(f.settle(f.settlement(request)));
}

TEST_CASE("nothing can be renewed, released or settled that was never admitted") {
  fixture f;
  const auto request = f.event();
  as<ports::lost>(f.renew(f.renewal(request)));
  CHECK_FALSE(f.release(f.renewal(request)));
  as<ports::lost>(f.settle(f.settlement(request)));
  CHECK(f.redis().keys().empty());
}

TEST_CASE("flags that a renewal set are there after a takeover") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  auto renewal = f.renewal(request);
  renewal.flags = {.failed_over = true, .possible_duplicate = false, .maybe_taken = true, .kinde_reserved = false};
  as<ports::renewed>(f.renew(renewal));
  f.pass(16 * second);
  CHECK(as<ports::granted>(f.admit(f.redelivered(request))).flags == renewal.flags);
}

TEST_CASE("a message belongs to the event that claimed it first") {
  fixture f;
  const auto one = f.event();
  const auto two = f.event();
  f.admit(one);
  f.admit(two);
  as<ports::settled>(f.settle(f.settlement(one, "SM1")));
  as<ports::message_claimed>(f.settle(f.settlement(two, "SM1")));
  as<ports::message_claimed>(f.settle(f.settlement(two, "SM1")));
  as<ports::settled>(f.settle(f.settlement(one, "SM1")));
  as<ports::settled>(f.settle(f.settlement(two, "SM2")));
}

TEST_CASE("an event with less than a tenth of its code's life left is too old, one with more is not") {
  fixture f;
  auto fresh = f.event();
  fresh.birth -= 9 * minute - 2 * second;
  as<ports::granted>(f.admit(fresh));
  auto old = f.event();
  old.birth -= 9 * minute;
  const auto reply = as<ports::settled>(f.admit(old));
  CHECK(reply.outcome.status == status::expired);
  CHECK(reply.outcome.reason == reason::too_old);
  CHECK(reason_of(f.admit(f.redelivered(old))) == "too_old");
}

TEST_CASE("a birth in the future is taken as now") {
  fixture f;
  auto request = f.event();
  request.birth += hour;
  const auto reply = as<ports::granted>(f.admit(request));
  CHECK(reply.expires_at == reply.store_now + request.code_life);
}

TEST_CASE("a verdict is recorded, and replayed after the settings have changed") {
  fixture f;
  auto request = f.event();
  request.verdict.status = status::rejected;
  request.verdict.reason = reason::country_not_allowed;
  request.phone.clear();
  request.prefix.clear();
  CHECK(reason_of(f.admit(request)) == "country_not_allowed");
  auto later = f.redelivered(request);
  later.verdict = {};
  later.phone = phone;
  const auto reply = as<ports::settled>(f.admit(later));
  CHECK(reply.outcome.status == status::rejected);
  CHECK(reply.outcome.reason == reason::country_not_allowed);
  CHECK(f.redis().keys().size() == 1);  // a verdict charges nothing and makes no challenge
}

TEST_CASE("given back and then judged otherwise, an event ends by the new verdict") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.release(f.renewal(request));
  auto later = f.redelivered(request);
  later.verdict.status = status::rejected;
  later.verdict.reason = reason::phone_auth_off;
  CHECK(reason_of(f.admit(later)) == "phone_auth_off");
}

TEST_CASE("taken over when the code's life is over, an event is unconfirmed, for a text may have gone out") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.pass(11 * minute);
  const auto reply = as<ports::settled>(f.admit(f.redelivered(request)));
  CHECK(reply.outcome.status == status::failed);
  CHECK(reply.outcome.reason == reason::unconfirmed);
}

TEST_CASE("given back and taken up when the code's life is over, an event is expired") {
  fixture f;
  auto request = f.event();
  f.admit(request);
  f.release(f.renewal(request));
  f.pass(11 * minute);
  auto later = f.redelivered(request);
  later.birth -= 11 * minute;
  const auto reply = as<ports::settled>(f.admit(later));
  CHECK(reply.outcome.status == status::expired);
  CHECK(reply.outcome.reason == reason::too_old);
}

TEST_CASE("given back by one that had taken it over, an event may have been sent all the same") {
  fixture f;
  auto request = f.event();
  f.admit(request);
  f.pass(16 * second);
  request = f.redelivered(request);
  CHECK_FALSE(as<ports::granted>(f.admit(request)).first_lease);
  CHECK(f.release(f.renewal(request)));
  SECTION("taken up in time: it is asked for") {
    CHECK_FALSE(as<ports::granted>(f.admit(f.redelivered(request))).first_lease);
  }
  SECTION("taken up when the code's life is over: it is unconfirmed") {
    f.pass(11 * minute);
    CHECK(reason_of(f.admit(f.redelivered(request))) == "unconfirmed");
  }
}

TEST_CASE("two workers that admit the same event at once: one is granted, the other waits") {
  fixture f;
  for (int i = 0; i < 50; ++i) {
    auto one = f.event();
    one.phone = "+614915700" + std::to_string(10 + i);
    const auto two = f.redelivered(one);
    std::vector<ports::admit_reply> replies;
    const auto ask = [&](redis::redis_code_store& store, const ports::admit_request& request) {
      boost::asio::co_spawn(
          f.io, store.admit(request),
          [&](std::exception_ptr, ports::stored<ports::admit_reply> reply) { replies.push_back(reply.value()); });
    };
    ask(f.store(), one);
    ask(f.other_worker(), two);
    run_until(f.io, [&] { return replies.size() == 2; });
    const auto granted =
        std::ranges::count_if(replies, [](const auto& reply) { return std::holds_alternative<ports::granted>(reply); });
    CHECK(granted == 1);
    CHECK(std::ranges::count_if(
              replies, [](const auto& reply) { return std::holds_alternative<ports::leased_elsewhere>(reply); }) == 1);
  }
}

TEST_CASE("an event's record is kept for an hour, or 15 minutes longer than its code") {
  fixture f;
  f.admit(f.event());
  CHECK(f.redis().pttl(f.key_of("e")) > (hour - minute).count());
  auto long_lived = f.event();
  long_lived.environment_id = "env_long";
  long_lived.code_life = 120 * minute;
  f.admit(long_lived);
  CHECK(f.redis().pttl("sc:{env_long}:e:" + to_hex(as_text(long_lived.request_id))) > (134 * minute).count());
}

}  // namespace sendcode::redis_tests
