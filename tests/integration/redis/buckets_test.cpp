#include <algorithm>

#include "tests/integration/redis/fixture.hpp"

// Buckets, the rule for prefixes, fraud blocks and the shared sender's allowance.
namespace sendcode::redis_tests {
namespace {

using domain::limit_kind;

ports::admit_request event_of(fixture& f, std::vector<ports::limit_check> limits = {}) {
  static int number = 0;
  auto out = f.event();
  out.phone = "+61491" + std::to_string(500'000 + number++);
  out.limits = std::move(limits);
  return out;
}

ports::limit_check environment_limit(std::uint32_t max, milliseconds window) {
  return {limit_kind::environment, "", false, max, window};
}

}  // namespace

TEST_CASE("buckets let their max through, in each of several windows, and name what they count by") {
  fixture f;
  const std::vector<ports::limit_check> limits{environment_limit(5, 10 * minute), environment_limit(8, day)};
  for (int i = 0; i < 5; ++i) CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  const auto over = as<ports::settled>(f.admit(event_of(f, limits))).outcome;
  CHECK(domain::reason_text(over) == "rate_limited.environment");
  CHECK(over.retry_after_s >= 600);
  CHECK(over.retry_after_s <= 612);
  f.pass(12 * second * 51);
  for (int i = 0; i < 3; ++i) CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  const auto of_the_day = as<ports::settled>(f.admit(event_of(f, limits))).outcome;
  CHECK(of_the_day.retry_after_s > 80'000);
}

TEST_CASE("application, country and environment have buckets of their own") {
  fixture f;
  const std::vector<std::pair<ports::limit_check, std::string>> kinds{
      {{limit_kind::application, "app_web", false, 1, hour}, "rate_limited.application"},
      {{limit_kind::country, "AU", false, 1, hour}, "rate_limited.country"},
      {environment_limit(1, hour), "rate_limited.environment"}};
  for (const auto& [limit, reason] : kinds) {
    CHECK(reason_of(f.admit(event_of(f, {limit}))) == "granted");
    CHECK(reason_of(f.admit(event_of(f, {limit}))) == reason);
  }
  CHECK(reason_of(f.admit(event_of(f, {{limit_kind::country, "NZ", false, 1, hour}}))) == "granted");
}

TEST_CASE("buckets never let more through in any window, and at most a 50th of it fewer") {
  fixture f;
  constexpr milliseconds bucket = 12 * second;  // of 10 minutes
  const std::vector<ports::limit_check> limits{environment_limit(20, 10 * minute)};
  // What slides out of the ring is what is free again: compared with a list of all that was granted.
  std::vector<int> granted_at;
  for (int step = 0; step < 160; ++step) {
    const int wanted = step % 7 == 0 ? 6 : 1;
    for (int i = 0; i < wanted; ++i) {
      const auto inside = [&](int buckets) {
        return std::ranges::count_if(granted_at, [&](int at) { return at > step - buckets; });
      };
      if (reason_of(f.admit(event_of(f, limits))) == "granted") {
        CHECK(inside(50) < 20);
        granted_at.push_back(step);
      } else {
        CHECK(inside(52) >= 20);  // a real second may have begun another bucket
      }
    }
    f.pass(bucket);
  }
  CHECK(granted_at.size() > 50);
}

TEST_CASE("the oldest of the 51 buckets counts whole") {
  fixture f;
  const std::vector<ports::limit_check> limits{environment_limit(1, day)};
  constexpr milliseconds bucket = day / 50;
  CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  f.pass(bucket * 50);
  const auto over = as<ports::settled>(f.admit(event_of(f, limits))).outcome;
  CHECK(domain::reason_text(over) == "rate_limited.environment");
  CHECK(over.retry_after_s <= 1728);
  f.pass(bucket);
  CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
}

TEST_CASE("a ring that nothing was charged to for long is empty, and one from the future counts") {
  fixture f;
  const std::vector<ports::limit_check> limits{environment_limit(1, 10 * minute)};
  CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  const std::string key = f.key_of("b");
  f.redis().command({"PERSIST", key});
  f.redis().command({"PEXPIRE", key, std::to_string((10 * day).count())});
  f.pass(day);
  CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  f.pass(-hour);
  CHECK(reason_of(f.admit(event_of(f, limits))) == "rate_limited.environment");
}

TEST_CASE("a prefix over its soft limit is stopped if few of its texts were approved, else at ten times as many") {
  fixture f;
  const std::vector<ports::limit_check> limits{{limit_kind::prefix, "+614915", false, 5, 10 * minute}};
  SECTION("none approved") {
    for (int i = 0; i < 5; ++i) CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
    const auto over = as<ports::settled>(f.admit(event_of(f, limits))).outcome;
    CHECK(domain::reason_text(over) == "rate_limited.prefix");
    CHECK(over.retry_after_s >= 600);
  }
  SECTION("a fifth approved") {
    int granted = 0;
    std::string reason;
    do {
      const auto request = event_of(f, limits);
      reason = reason_of(f.admit(request));
      if (reason != "granted") break;
      if (++granted % 5 == 1) as<ports::approved>(f.consume(f.approval(request, request.fresh_nonce)));
    } while (granted < 60);
    CHECK(reason == "rate_limited.prefix");
    CHECK(granted == 50);
  }
  SECTION("one of six approved") {
    const auto approved = event_of(f, limits);
    f.admit(approved);
    as<ports::approved>(f.consume(f.approval(approved, approved.fresh_nonce)));
    for (int i = 0; i < 5; ++i) CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
    CHECK(reason_of(f.admit(event_of(f, limits))) == "rate_limited.prefix");
  }
  SECTION("another prefix is not concerned") {
    for (int i = 0; i < 6; ++i) f.admit(event_of(f, limits));
    CHECK(reason_of(f.admit(event_of(f, {{limit_kind::prefix, "+614916", false, 5, 10 * minute}}))) == "granted");
  }
}

TEST_CASE("a prefix's limit over another window still compares approved and sent over 10 minutes") {
  fixture f;
  const std::vector<ports::limit_check> limits{{limit_kind::prefix, "+614915", false, 4, hour}};
  for (int i = 0; i < 4; ++i) CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  CHECK(reason_of(f.admit(event_of(f, limits))) == "rate_limited.prefix");
  f.pass(12 * second * 51);
  // Nothing was sent in the last 10 minutes: nothing speaks against the prefix.
  CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  CHECK(reason_of(f.admit(event_of(f, limits))) == "rate_limited.prefix");
}

TEST_CASE("three fraud answers from different phones within 10 minutes block their prefix for 30") {
  fixture f;
  const auto answer = [&](const ports::admit_request& request) {
    f.admit(request);
    auto settlement = f.settlement(request);
    settlement.outcome.status = domain::status::failed;
    settlement.outcome.reason = domain::reason::suspected_fraud;
    settlement.fraud_answer = true;
    as<ports::settled>(f.settle(settlement));
    as<ports::settled>(f.settle(settlement));
  };
  auto one = event_of(f);
  answer(one);
  auto same_phone = event_of(f);
  same_phone.phone = one.phone;
  answer(same_phone);
  answer(event_of(f));
  CHECK(reason_of(f.admit(event_of(f))) == "granted");  // two phones
  SECTION("the third within the time") {
    answer(event_of(f));
    CHECK(reason_of(f.admit(event_of(f))) == "suspected_fraud");
    auto elsewhere = event_of(f);
    elsewhere.prefix = "+614916";
    CHECK(reason_of(f.admit(elsewhere)) == "granted");
    f.pass(30 * minute);
    CHECK(reason_of(f.admit(event_of(f))) == "granted");
  }
  SECTION("the third too late") {
    f.pass(10 * minute);
    answer(event_of(f));
    CHECK(reason_of(f.admit(event_of(f))) == "granted");
  }
}

TEST_CASE("an allowance of a month lets its max through, with the time to the month's end") {
  fixture f;
  const auto with_allowance = [&] {
    auto out = event_of(f);
    out.allowance = ports::allowance_check{10, true};
    return out;
  };
  for (int i = 0; i < 10; ++i) {
    CHECK(as<ports::granted>(f.admit(with_allowance())).flags.kinde_reserved);
  }
  const auto over = as<ports::settled>(f.admit(with_allowance())).outcome;
  CHECK(domain::reason_text(over) == "allowance_used_up");
  CHECK(over.retry_after_s > 0);
  CHECK(over.retry_after_s <= 31 * 86'400);
  f.clock.ahead = 32 * day;  // the next month, by the worker's clock and Redis' own period behind it
  auto next = with_allowance();
  CHECK(reason_of(f.admit(next)) == "granted");
}

TEST_CASE("a renewal reserves a text of the day once, however often it is asked") {
  fixture f;
  const auto request = event_of(f);
  f.admit(request);
  auto renewal = f.renewal(request);
  renewal.reserve = ports::allowance_check{1, false};
  as<ports::renewed>(f.renew(renewal));
  as<ports::renewed>(f.renew(renewal));
  const auto other = event_of(f);
  f.admit(other);
  auto refused = f.renewal(other);
  refused.reserve = ports::allowance_check{1, false};
  const auto used_up = as<ports::allowance_used_up>(f.renew(refused));
  CHECK(used_up.retry_after_s > 0);
  CHECK(used_up.retry_after_s <= 86'400);
  refused.reserve.reset();
  as<ports::renewed>(f.renew(refused));
}

TEST_CASE("a reserved text is given back once") {
  fixture f;
  const auto with_allowance = [&] {
    auto out = event_of(f);
    out.allowance = ports::allowance_check{1, true};
    return out;
  };
  const auto request = with_allowance();
  CHECK(reason_of(f.admit(request)) == "granted");
  auto settlement = f.settlement(request);
  settlement.outcome.status = domain::status::failed;
  settlement.outcome.reason = domain::reason::senders_unavailable;
  settlement.give_back = ports::allowance_check{1, true};
  as<ports::settled>(f.settle(settlement));
  as<ports::settled>(f.settle(settlement));
  CHECK(reason_of(f.admit(with_allowance())) == "granted");
  CHECK(reason_of(f.admit(with_allowance())) == "allowance_used_up");
}

TEST_CASE("a worker whose clock is over the turn already, or not yet, counts and gives back in Redis' period") {
  fixture f;
  const auto a_text = [&] {
    auto out = event_of(f);
    out.allowance = ports::allowance_check{1, false};
    return out;
  };
  const auto now = f.clock.now();
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const auto off = GENERATE(milliseconds{-1'000}, milliseconds{86'400'000 + 1'000});
  f.clock.ahead = std::chrono::duration_cast<milliseconds>(today + off - now);
  const auto request = a_text();
  CHECK(reason_of(f.admit(request)) == "granted");
  f.clock.ahead = milliseconds{0};
  CHECK(reason_of(f.admit(a_text())) == "allowance_used_up");

  f.clock.ahead = std::chrono::duration_cast<milliseconds>(today + off - f.clock.now());
  auto settlement = f.settlement(request);
  settlement.outcome.status = domain::status::failed;
  settlement.outcome.reason = domain::reason::senders_unavailable;
  settlement.give_back = ports::allowance_check{1, false};
  as<ports::settled>(f.settle(settlement));
  f.clock.ahead = milliseconds{0};
  CHECK(reason_of(f.admit(a_text())) == "granted");
}

TEST_CASE("a text that was reserved in an earlier period is not given back to this one") {
  fixture f;
  const auto with_allowance = [&] {
    auto out = event_of(f);
    out.allowance = ports::allowance_check{1, true};
    return out;
  };
  const auto request = with_allowance();
  f.admit(request);
  const std::string key = f.key_of("e");
  std::string record = f.redis().dump(key);
  record.replace(42, 8, std::string("\1\0\0\0\0\0\0\0", 8));  // first leased long ago
  f.redis().command({"SET", key, record, "KEEPTTL"});
  auto settlement = f.settlement(request);
  settlement.give_back = ports::allowance_check{1, true};
  as<ports::settled>(f.settle(settlement));
  CHECK(reason_of(f.admit(with_allowance())) == "allowance_used_up");
}

TEST_CASE("what reserved nothing gives nothing back") {
  fixture f;
  auto taker = event_of(f);
  taker.allowance = ports::allowance_check{1, true};
  f.admit(taker);
  const auto other = event_of(f);
  f.admit(other);
  auto settlement = f.settlement(other);
  settlement.give_back = ports::allowance_check{1, true};
  f.settle(settlement);
  auto next = event_of(f);
  next.allowance = ports::allowance_check{1, true};
  CHECK(reason_of(f.admit(next)) == "allowance_used_up");
}

}  // namespace sendcode::redis_tests
