#include "worker/domain/breaker.hpp"

#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/seed.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::answer_class;
using domain::breaker;
using result = breaker::result;
using state = breaker::state;

namespace {

constexpr double no_jitter = 0;

// An attempt that is let through and ends at once.
void attempt(breaker& b, result how, milliseconds now) {
  const auto permit = b.allow(now);
  REQUIRE(permit);
  b.ended(*permit, how, now, no_jitter);
}

breaker opened(milliseconds now = 0ms) {
  breaker b;
  for (int i = 0; i < 3; ++i) attempt(b, result::failed, now);
  REQUIRE(b.current() == state::open);
  return b;
}

// The rule, written slowly: everything that happened since it was last closed is kept, and looked through each time.
struct slow_breaker {
  struct event {
    milliseconds at;
    bool failure;
  };
  enum class phase { closed, open, half_open } now_in = phase::closed;
  std::vector<event> since_closed;
  std::vector<milliseconds> openings;  // since it was last closed
  milliseconds pause_ends{0};
  std::vector<milliseconds> probes;  // when each began, since it last opened
  std::optional<std::size_t> probe;  // the one whose result counts
  int answered = 0;
  int period = 0;  // counts the times that it was closed

  // What let an attempt through: the period it was closed in, or the probe.
  struct pass {
    bool closed;
    int period;
    std::size_t openings, probe;
  };

  bool would_allow(milliseconds now) const {
    if (now_in == phase::closed) return true;
    if (now_in == phase::open) return now >= pause_ends;
    return !probe || now >= probes[*probe] + breaker::probe_most;
  }
  std::optional<pass> allow(milliseconds now) {
    if (!would_allow(now)) return std::nullopt;
    if (now_in == phase::closed) return pass{true, period, 0, 0};
    now_in = phase::half_open;
    probes.push_back(now);
    probe = probes.size() - 1;
    return pass{false, period, openings.size(), *probe};
  }
  void ended(const pass& of, bool failure, milliseconds now, double unit) {
    if (of.period != period) return;
    if (of.closed) {
      if (now_in != phase::closed) return;
      since_closed.push_back({now, failure});
      std::size_t all = 0, failures = 0;
      for (std::size_t i = since_closed.size(); i-- > 0 && all < 20;) {
        if (now - since_closed[i].at >= 60s) break;
        ++all;
        if (since_closed[i].failure) ++failures;
      }
      if (failures >= 3 && failures * 2 >= all) open(now, unit);
      return;
    }
    if (now_in != phase::half_open || of.openings != openings.size() || probe != of.probe) return;
    probe.reset();
    if (failure) return open(now, unit);
    if (++answered < 3) return;
    now_in = phase::closed;
    ++period;
    since_closed.clear();
    openings.clear();
  }
  void open(milliseconds now, double unit) {
    now_in = phase::open;
    openings.push_back(now);
    probes.clear();
    probe.reset();
    answered = 0;
    milliseconds most = 1s;
    for (std::size_t i = 1; i < openings.size(); ++i) most = std::min<milliseconds>(most * 2, 60s);
    const milliseconds jitter(static_cast<std::int64_t>(static_cast<double>(most.count()) * unit));
    pause_ends = now + most / 2 + jitter / 2;
  }
};

}  // namespace

TEST_CASE("three failures open it, be they a single event's", "[breaker]") {
  breaker b;
  attempt(b, result::failed, 0ms);
  attempt(b, result::failed, 20s);
  CHECK(b.current() == state::closed);
  attempt(b, result::failed, 40s);
  CHECK(b.current() == state::open);
  CHECK_FALSE(b.allow(40s));
}

TEST_CASE("failures open it only where they are half of the last twenty results", "[breaker]") {
  breaker b;
  for (int i = 0; i < 100; ++i) attempt(b, result::answered, 0ms);
  for (int i = 0; i < 9; ++i) attempt(b, result::failed, 0ms);
  CHECK(b.current() == state::closed);
  attempt(b, result::failed, 0ms);
  CHECK(b.current() == state::open);
}

TEST_CASE("a failure counts for a minute", "[breaker]") {
  breaker b;
  attempt(b, result::failed, 0ms);
  attempt(b, result::failed, 59'999ms);
  attempt(b, result::failed, 60'000ms);
  CHECK(b.current() == state::closed);
  attempt(b, result::failed, 60'001ms);
  CHECK(b.current() == state::open);
}

TEST_CASE("one probe at a time is let through once the pause is over, and three answers close it", "[breaker]") {
  auto b = opened();
  CHECK_FALSE(b.would_allow(499ms));
  for (int i = 0; i < 3; ++i) {
    CHECK(b.current() != state::closed);
    REQUIRE(b.would_allow(500ms));
    const auto probe = b.allow(500ms);
    REQUIRE(probe);
    CHECK(b.current() == state::half_open);
    CHECK_FALSE(b.allow(500ms));
    b.ended(*probe, result::answered, 500ms, no_jitter);
  }
  CHECK(b.current() == state::closed);
  attempt(b, result::failed, 500ms);
  attempt(b, result::failed, 500ms);
  CHECK(b.current() == state::closed);  // what was before counts no more
}

TEST_CASE("a failed probe doubles the pause up to a minute, and closing sets it back", "[breaker]") {
  auto b = opened();
  milliseconds now = 0ms;
  for (const auto pause : {500ms, 1'000ms, 2'000ms, 4'000ms, 8'000ms, 16'000ms, 30'000ms, 30'000ms}) {
    CHECK_FALSE(b.would_allow(now + pause - 1ms));
    now += pause;
    attempt(b, result::failed, now);
    CHECK(b.current() == state::open);
  }
  now += 30s;
  for (int i = 0; i < 3; ++i) attempt(b, result::answered, now);
  for (int i = 0; i < 3; ++i) attempt(b, result::failed, now);
  CHECK_FALSE(b.would_allow(now + 499ms));
  CHECK(b.would_allow(now + 500ms));
}

TEST_CASE("jitter lengthens a pause up to its ceiling", "[breaker]") {
  breaker b;
  for (int i = 0; i < 3; ++i) b.ended(*b.allow(0ms), result::failed, 0ms, 0.5);
  CHECK_FALSE(b.would_allow(749ms));
  CHECK(b.would_allow(750ms));
}

TEST_CASE("a probe that does not end is given up, and its late answer closes nothing", "[breaker]") {
  auto b = opened();
  const auto old = b.allow(500ms);
  REQUIRE(old);
  CHECK_FALSE(b.allow(15'499ms));
  const auto next = b.allow(15'500ms);
  REQUIRE(next);
  for (int i = 0; i < 3; ++i) b.ended(*old, result::answered, 15'600ms, no_jitter);
  CHECK(b.current() == state::half_open);
  CHECK_FALSE(b.would_allow(15'600ms));  // the next one is still out
  b.ended(*next, result::failed, 15'700ms, no_jitter);
  CHECK(b.current() == state::open);
  b.ended(*old, result::answered, 15'800ms, no_jitter);
  CHECK(b.current() == state::open);
}

TEST_CASE("the answer of an attempt from before it opened says nothing", "[breaker]") {
  breaker b;
  const auto early = b.allow(0ms);
  const auto also_early = b.allow(0ms);
  for (int i = 0; i < 3; ++i) attempt(b, result::failed, 0ms);
  b.ended(*early, result::answered, 100ms, no_jitter);
  CHECK(b.current() == state::open);
  for (int i = 0; i < 3; ++i) attempt(b, result::answered, 500ms);
  CHECK(b.current() == state::closed);
  for (int i = 0; i < 2; ++i) attempt(b, result::failed, 500ms);
  b.ended(*also_early, result::failed, 600ms, no_jitter);
  CHECK(b.current() == state::closed);
}

TEST_CASE("a result that is told twice counts once", "[breaker]") {
  auto b = opened();
  const auto probe = b.allow(500ms);
  for (int i = 0; i < 3; ++i) b.ended(*probe, result::answered, 500ms, no_jitter);
  CHECK(b.current() == state::half_open);
}

TEST_CASE("it knows whether the account is refused, until it answers", "[breaker]") {
  breaker b;
  attempt(b, result::failed, 0ms);
  CHECK_FALSE(b.was_refused());
  attempt(b, result::refused, 0ms);
  attempt(b, result::failed, 0ms);
  CHECK(b.current() == state::open);
  CHECK(b.was_refused());  // a failure on the way says nothing of the account
  attempt(b, result::answered, 500ms);
  CHECK_FALSE(b.was_refused());
}

TEST_CASE("transport failures and 401s feed it, and every other answer shows a sender at work", "[breaker]") {
  const auto of = [](answer_class outcome, std::uint16_t http_status) {
    return domain::breaker_result({.outcome = outcome, .http_status = http_status});
  };
  CHECK(of(answer_class::interrupted, 0) == result::failed);
  CHECK(of(answer_class::unknown, 0) == result::failed);
  CHECK(of(answer_class::unknown, 503) == result::failed);
  CHECK(of(answer_class::account, 401) == result::refused);
  CHECK(of(answer_class::account, 403) == result::answered);
  CHECK(of(answer_class::busy, 429) == result::answered);
  for (const auto kind : {answer_class::accepted, answer_class::recipient, answer_class::opted_out,
                          answer_class::policy, answer_class::fraud}) {
    CHECK(of(kind, 400) == result::answered);
  }
}

TEST_CASE("random schedules agree with the slow rule", "[breaker]") {
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  int openings = 0, closings = 0;
  for (int round = 0; round < 200; ++round) {
    breaker fast;
    slow_breaker slow;
    struct out {
      breaker::permit fast;
      slow_breaker::pass slow;
    };
    std::vector<out> under_way;
    milliseconds now = 0ms;
    const auto badness = random.below(100);
    for (int step = 0; step < 1'000; ++step) {
      now += milliseconds(random.one_in(20) ? random.below(30'000) : random.below(400));
      REQUIRE(fast.would_allow(now) == slow.would_allow(now));
      if (random.one_in(2)) {
        const auto permit = fast.allow(now);
        const auto pass = slow.allow(now);
        REQUIRE(permit.has_value() == pass.has_value());
        if (permit) under_way.push_back({*permit, *pass});
      } else if (!under_way.empty()) {
        // Any of those under way: late ones too. Now and then one is told twice, or never.
        const auto which = random.below(under_way.size());
        const auto ending = under_way[which];
        if (!random.one_in(30)) under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
        const bool failure = random.below(100) < badness;
        const double unit = random.unit();
        const auto before = fast.current();
        if (!random.one_in(30)) {
          fast.ended(ending.fast, failure ? result::failed : result::answered, now, unit);
          slow.ended(ending.slow, failure, now, unit);
        }
        if (before != fast.current()) ++(fast.current() == state::open ? openings : closings);
      }
      REQUIRE(static_cast<int>(fast.current()) == static_cast<int>(slow.now_in));
    }
  }
  CHECK(openings > 100);
  CHECK(closings > 10);
}
