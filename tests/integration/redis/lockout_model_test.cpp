// The lock-out of a phone against a slow model of the rule: whatever is guessed, sent again and approved in whatever
// order, strangers never have more than 80 wrong guesses in a row, and all together never more than 100.
#include <algorithm>
#include <map>
#include <random>

#include "tests/integration/redis/fixture.hpp"

namespace sendcode::redis_tests {
namespace {

constexpr int guesses_each = 5;
constexpr milliseconds code_life = 10 * minute;

// Redis' clock, and all that passed.
class axis {
 public:
  explicit axis(fixture& f) : f_(f) {}
  std::int64_t now() { return f_.redis().now_ms() + passed_; }
  void pass(milliseconds time) {
    f_.pass(time);
    passed_ += time.count();
  }

 private:
  fixture& f_;
  std::int64_t passed_ = 0;
};

std::string word_of(const ports::check_reply& reply) {
  if (std::holds_alternative<ports::not_found>(reply)) return "not_found";
  if (std::holds_alternative<ports::code_expired>(reply)) return "expired";
  return std::holds_alternative<ports::locked_out>(reply) ? "locked_out" : "counted";
}

struct challenge {
  ports::admit_request event;
  std::int64_t ends = 0, changed = 0;
  int guesses = 0;
  bool approved = false;
};

// The rule as the design says it, counted out of lists.
struct slow_lockouts {
  std::vector<challenge> challenges;
  std::vector<ports::device_class> failures;  // since the approval that cleared them
  std::int64_t last_failure = 0;

  int failed(ports::device_class of) const { return static_cast<int>(std::ranges::count(failures, of)); }
  int failed() const { return static_cast<int>(failures.size()); }
  void clear(ports::device_class of) { std::erase(failures, of); }

  bool is_live(const challenge& each, std::int64_t now) const { return !each.approved && each.ends > now; }

  std::string admission(const challenge& of, std::int64_t now) {
    if (of.guesses >= guesses_each) return "locked_out";
    if (of.ends - now >= (60 * second).count()) return "granted";
    if (last_failure + (90 * day).count() <= now) failures.clear();
    int strangers = failed(ports::device_class::stranger) + guesses_each - of.guesses;
    int all = failed() + guesses_each - of.guesses;
    int live = 0;
    for (const auto& each : challenges) {
      if (&each == &of || !is_live(each, now)) continue;
      all += guesses_each - each.guesses;
      if (each.event.device == ports::device_class::stranger) strangers += guesses_each - each.guesses;
      if (each.event.device == of.event.device) ++live;
    }
    if (live >= 10) return "rate_limited.phone";
    if (of.event.device == ports::device_class::stranger && strangers > 80) return "locked_out";
    return all > 100 ? "locked_out" : "granted";
  }
};

class schedule {
 public:
  schedule(unsigned seed, int known_of_ten) : random_(seed), known_of_ten_(known_of_ten) {}

  void step() {
    if (lock_lasts_ > 25) outlast_the_lock();
    leave_edges();
    const int what = pick(1, 200);
    if (what <= 45) {
      send_new();
    } else if (model_.challenges.empty() || what > 185) {
      time_.pass(pick(1, 40) * 7 * second);
    } else if (what <= 70) {
      send(any());
    } else {
      guess(any(), what == 71 && pick(0, 2) == 0);
    }
    check_bounds();
  }

  std::map<std::string, int> seen;
  int most_strangers = 0, most = 0;

 private:
  int pick(int least, int most_of) { return std::uniform_int_distribution<int>(least, most_of)(random_); }
  challenge& any() {
    return model_.challenges[static_cast<std::size_t>(pick(0, static_cast<int>(model_.challenges.size()) - 1))];
  }

  // Redis' clock goes on while a step is under way: no life may end, or have 60 s left, within it.
  void leave_edges() {
    const auto now = time_.now();
    std::erase_if(model_.challenges, [&](const auto& each) { return now - each.changed > (40 * minute).count(); });
    const auto near = [now](const challenge& each) {
      const auto left = each.ends - now;
      return (left >= 0 && left < 2000) || (left >= 60'000 && left < 62'000);
    };
    while (std::ranges::any_of(model_.challenges, near)) {
      time_.pass(3 * second);
      return leave_edges();
    }
  }

  void send_new() {
    challenge fresh{.event = f_.event()};
    fresh.event.device = pick(1, 10) <= known_of_ten_ ? ports::device_class::known : ports::device_class::stranger;
    model_.challenges.push_back(std::move(fresh));
    if (!send(model_.challenges.back())) model_.challenges.pop_back();
  }

  bool send(challenge& of) {
    auto request = f_.event();
    request.challenge_id = of.event.challenge_id;
    request.device = of.event.device;
    const auto now = time_.now();
    const auto expected = of.approved ? "challenge_used" : model_.admission(of, now);
    const auto reason = reason_of(f_.admit(request));
    CHECK(reason == expected);
    ++seen[reason];
    lock_lasts_ = reason == "locked_out" ? lock_lasts_ + 1 : 0;
    if (reason != "granted") return false;
    if (of.ends - now < (60 * second).count()) of.ends = now + code_life.count();
    of.changed = now;
    return true;
  }

  // Without a code that still lives nothing but time ends a lock: a minute less than 90 days does not.
  void outlast_the_lock() {
    time_.pass(milliseconds{model_.last_failure - time_.now()} + 90 * day - minute);
    model_.challenges.clear();
    send_new();
    time_.pass(2 * minute);
    lock_lasts_ = 0;
    ++seen["locks outlasted"];
  }

  void guess(challenge& of, bool right) {
    const auto now = time_.now();
    const auto asked = f_.guess(of.event);
    const auto reply = f_.check(asked);
    if (of.approved || of.ends <= now || of.guesses >= guesses_each) {
      CHECK(word_of(reply) == (of.approved ? "not_found" : of.ends <= now ? "expired" : "locked_out"));
      return;
    }
    if (model_.last_failure + (90 * day).count() <= now) model_.failures.clear();
    const auto counted = as<ports::guess_counted>(reply);
    CHECK(counted.number == static_cast<unsigned>(++of.guesses));
    of.changed = now;
    model_.failures.push_back(of.event.device);
    model_.last_failure = now;
    ++seen["guessed"];
    if (!right) return;
    as<ports::approved>(f_.consume({asked, counted.nonce, of.event.prefix}));
    of.approved = true;
    model_.clear(of.event.device);
    if (of.event.device == ports::device_class::stranger) model_.clear(ports::device_class::known);
    ++seen["approved"];
  }

  void check_bounds() {
    most_strangers = std::max(most_strangers, model_.failed(ports::device_class::stranger));
    most = std::max(most, model_.failed());
    CHECK(most_strangers <= 80);
    CHECK(most <= 100);
  }

  std::mt19937 random_;
  int known_of_ten_;
  fixture f_;
  axis time_{f_};
  slow_lockouts model_;
  int lock_lasts_ = 0;
};

}  // namespace

TEST_CASE("random guesses, texts and approvals agree with a slow model of the lock-out, and never pass 80 and 100") {
  const int known_of_ten = GENERATE(0, 3, 6);
  schedule random(GENERATE(1U, 2U), known_of_ten);
  for (int i = 0; i < 2000; ++i) random.step();
  for (const auto& [what, times] : random.seen) UNSCOPED_INFO(what << ": " << times);
  UNSCOPED_INFO("strangers' most: " << random.most_strangers << ", of all: " << random.most);
  CHECK(random.seen["granted"] > 50);
  CHECK(random.seen["guessed"] > 200);
  CHECK(random.seen["locked_out"] > 20);
  CHECK(random.seen["locks outlasted"] > 0);
  CHECK((known_of_ten == 0 ? random.most_strangers > 75 : random.most > 95));  // so the bounds were met
}

}  // namespace sendcode::redis_tests
