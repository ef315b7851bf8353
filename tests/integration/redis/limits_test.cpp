#include <algorithm>
#include <map>
#include <random>

#include "tests/integration/redis/fixture.hpp"
#include "worker/adapters/redis/little_endian.hpp"

// Exact limits: lists of times, per phone, user and client address.
namespace sendcode::redis_tests {
namespace {

using domain::limit_kind;
using domain::reason;

ports::limit_check limit(limit_kind per, std::string subject, std::uint32_t max, milliseconds window) {
  return {per, std::move(subject), false, max, window};
}

// An event whose challenges never come near the lock-out of a phone: it has one of its own.
ports::admit_request event_of(fixture& f, std::vector<ports::limit_check> limits) {
  static int number = 0;
  auto out = f.event();
  out.phone = "+61400" + std::to_string(100'000 + number++);
  out.limits = std::move(limits);
  return out;
}

// The times of sends in a value, newest first (docs/redis.md).
std::vector<std::int64_t> times_at(fixture& f, const std::string& key) {
  const std::string value = f.redis().dump(key);
  REQUIRE(value.size() % 8 == 1);
  std::vector<std::int64_t> out;
  for (std::size_t at = 1; at < value.size(); at += 8) {
    out.push_back(static_cast<std::int64_t>(redis::little_endian(value, at, 8)));
  }
  return out;
}

void set_time(fixture& f, const std::string& key, std::int64_t time) {
  std::string value = "\2";
  redis::append_little_endian(value, static_cast<std::uint64_t>(time), 8);
  f.redis().command({"SET", key, value, "KEEPTTL"});
}

// As an earlier version kept it.
void make_list_of(fixture& f, const std::string& key) {
  if (f.redis().command({"TYPE", key}).text == "list") return;
  const auto times = times_at(f, key);
  const auto left = f.redis().pttl(key);
  f.redis().command({"DEL", key});
  for (const std::int64_t time : times) f.redis().command({"RPUSH", key, std::to_string(time)});
  f.redis().command({"PEXPIRE", key, std::to_string(left)});
}

}  // namespace

TEST_CASE("a limit lets its max through and names itself, with the time to wait rounded up") {
  fixture f;
  const std::vector<ports::limit_check> limits{phone_limit(3, 10 * minute)};
  for (int i = 0; i < 3; ++i) CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  const auto over = as<ports::settled>(f.admit(event_of(f, limits)));
  CHECK(domain::reason_text(over.outcome) == "rate_limited.phone");
  CHECK(over.outcome.retry_after_s == 600);
}

TEST_CASE("a rejection by a limit is the same at a redelivery, when the window is long over") {
  fixture f;
  const std::vector<ports::limit_check> limits{phone_limit(1, 30 * second)};
  f.admit(event_of(f, limits));
  const auto request = event_of(f, limits);
  const auto over = as<ports::settled>(f.admit(request));
  f.pass(5 * minute);
  CHECK(as<ports::settled>(f.admit(f.redelivered(request))).outcome == over.outcome);
  CHECK(times_at(f, f.key_of("l:phone")).size() == 1);
}

TEST_CASE("all limits are looked at before any is charged") {
  fixture f;
  const std::vector<ports::limit_check> limits{
      limit(limit_kind::user, "user_1", 5, hour), limit(limit_kind::client_ip, "203.0.113.7", 5, hour),
      limit(limit_kind::environment, "", 100, 10 * minute), phone_limit(1, hour)};
  f.admit(event_of(f, limits));
  std::map<std::string, std::string> before;
  for (const auto& kind : {"l", "b"}) {
    for (const std::string& key : f.keys_of(kind)) before[key] = f.redis().dump(key);
  }
  REQUIRE(before.size() == 4);
  auto over = event_of(f, limits);
  over.allowance = ports::allowance_check{10, true};
  CHECK(reason_of(f.admit(over)) == "rate_limited.phone");
  for (const auto& [key, value] : before) CHECK(f.redis().dump(key) == value);
  CHECK(f.keys_of("a").empty());
  CHECK(f.keys_of("c").size() == 1);
}

TEST_CASE("the first breach in the order written is named, with the longest time to wait") {
  fixture f;
  const auto user = limit(limit_kind::user, "user_1", 1, minute);
  const auto address = limit(limit_kind::client_ip, "203.0.113.7", 1, hour);
  f.admit(event_of(f, {user, address}));
  const auto one = as<ports::settled>(f.admit(event_of(f, {user, address}))).outcome;
  CHECK(domain::reason_text(one) == "rate_limited.user");
  CHECK(one.retry_after_s == 3600);
  const auto other = as<ports::settled>(f.admit(event_of(f, {address, user}))).outcome;
  CHECK(domain::reason_text(other) == "rate_limited.client_ip");
  CHECK(other.retry_after_s == 3600);
}

TEST_CASE("several windows of a subject share one list, charged once") {
  fixture f;
  const std::vector<ports::limit_check> limits{phone_limit(1, 30 * second), phone_limit(5, 10 * minute),
                                               phone_limit(10, day)};
  f.admit(event_of(f, limits));
  CHECK(times_at(f, f.key_of("l:phone")).size() == 1);
}

TEST_CASE("known devices and strangers have lists of their own for phone and user, and share the address's") {
  fixture f;
  const std::vector<ports::limit_check> both{phone_limit(1, hour), limit(limit_kind::user, "user_1", 1, hour)};
  CHECK(reason_of(f.admit(event_of(f, both))) == "granted");
  auto known = event_of(f, both);
  known.device = ports::device_class::known;
  CHECK(reason_of(f.admit(known)) == "granted");
  const auto address = limit(limit_kind::client_ip, "203.0.113.7", 1, hour);
  CHECK(reason_of(f.admit(event_of(f, {address}))) == "granted");
  known = event_of(f, {address});
  known.device = ports::device_class::known;
  CHECK(reason_of(f.admit(known)) == "rate_limited.client_ip");
}

TEST_CASE("a send counts until it is as old as the window, to the millisecond of Redis' clock") {
  fixture f;
  const std::vector<ports::limit_check> limits{phone_limit(1, hour)};
  f.admit(event_of(f, limits));
  const std::string key = f.key_of("l:phone");
  int granted = 0;
  for (int i = 0; i < 400; ++i) {
    // Its hour ends in the very milliseconds in which it is asked for.
    const std::int64_t ends = f.redis().now_ms() + i % 4;
    set_time(f, key, ends - hour.count());
    const std::int64_t earliest = f.redis().now_ms();
    const auto reply = f.admit(event_of(f, limits));
    if (const auto* admitted = std::get_if<ports::granted>(&reply)) {
      CHECK(to_unix_ms(admitted->store_now) >= ends);
      ++granted;
    } else {
      CHECK(reason_of(reply) == "rate_limited.phone");
      CHECK(earliest < ends);
    }
  }
  CHECK(granted > 0);
  CHECK(granted < 400);
}

TEST_CASE("entries from the future count as inside, and a send after them is kept no earlier than they") {
  fixture f;
  f.admit(event_of(f, {phone_limit(2, hour)}));
  const std::string key = f.key_of("l:phone");
  const std::int64_t future = f.redis().now_ms() + hour.count();
  set_time(f, key, future);
  CHECK(reason_of(f.admit(event_of(f, {phone_limit(2, hour)}))) == "granted");
  CHECK(times_at(f, key) == std::vector{future, future});
  const auto over = as<ports::settled>(f.admit(event_of(f, {phone_limit(2, hour)}))).outcome;
  CHECK(domain::reason_text(over) == "rate_limited.phone");
  CHECK(over.retry_after_s > 7190);
}

TEST_CASE("a raised max has the history of 24 hours before it, up to 100 sends") {
  fixture f;
  for (int i = 0; i < 103; ++i) {
    f.forget_events();
    CHECK(reason_of(f.admit(event_of(f, {phone_limit(1, second)}))) == "granted");
    f.pass(10 * minute);
  }
  CHECK(times_at(f, f.key_of("l:phone")).size() == 100);
  CHECK(reason_of(f.admit(event_of(f, {phone_limit(100, day)}))) == "rate_limited.phone");
  CHECK(reason_of(f.admit(event_of(f, {phone_limit(100, 16 * hour)}))) == "granted");
}

TEST_CASE("a wide network is counted in a list of its own that holds 500") {
  fixture f;
  ports::limit_check wide{limit_kind::client_ip, "2001:db8:1::/48", true, 500, day};
  for (int i = 0; i < 500; ++i) REQUIRE(reason_of(f.admit(event_of(f, {wide}))) == "granted");
  CHECK(reason_of(f.admit(event_of(f, {wide}))) == "rate_limited.client_ip");
  wide.window = second;
  f.pass(second);
  CHECK(reason_of(f.admit(event_of(f, {wide}))) == "granted");
  CHECK(times_at(f, f.key_of("l:net")).size() == 500);
}

TEST_CASE("a list of an earlier version counts on, beside what is kept by now, and is a value from the next send on") {
  fixture f;
  const auto user = limit(limit_kind::user, "user_1", 3, hour);
  const std::vector<ports::limit_check> limits{user, phone_limit(50, hour)};
  for (int i = 0; i < 2; ++i) CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  const std::string key = f.key_of("l:user");
  const auto before = times_at(f, key);
  make_list_of(f, key);
  CHECK(reason_of(f.admit(event_of(f, limits))) == "granted");
  const auto after = times_at(f, key);
  REQUIRE(after.size() == 3);
  CHECK(std::vector(after.begin() + 1, after.end()) == before);
  CHECK(f.redis().pttl(key) > (day - minute).count());
  make_list_of(f, key);
  const std::string list = f.redis().dump(key);
  CHECK(reason_of(f.admit(event_of(f, limits))) == "rate_limited.user");
  CHECK(f.redis().dump(key) == list);
}

TEST_CASE("environments don't share limits") {
  fixture f;
  CHECK(reason_of(f.admit(event_of(f, {phone_limit(1, hour)}))) == "granted");
  auto other = event_of(f, {phone_limit(1, hour)});
  other.environment_id = "env_other";
  CHECK(reason_of(f.admit(other)) == "granted");
}

namespace {

// The limits as a sentence: never more than max in any window. Times on one axis of Redis' clock and all that passed.
class slow_model {
 public:
  bool over(const std::string& subject, std::uint32_t max, milliseconds window, std::int64_t now) const {
    const auto found = sends_.find(subject);
    if (found == sends_.end()) return false;
    const auto inside =
        std::ranges::count_if(found->second, [&](std::int64_t at) { return at > now - window.count(); });
    return inside >= max;
  }
  void send(const std::string& subject, std::int64_t now) { sends_[subject].push_back(now); }

 private:
  std::map<std::string, std::vector<std::int64_t>> sends_;
};

}  // namespace

TEST_CASE("random schedules agree with a slow model of the limits, also across an upgrade of what is kept") {
  const unsigned seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  fixture f;
  slow_model model;
  std::int64_t passed = 0;
  const std::vector<milliseconds> windows{30 * second, 10 * minute, hour, day};
  int granted = 0;
  int rejected = 0;
  for (int step = 0; step < 400; ++step) {
    // Often right at the edge of a window.
    const milliseconds gap = pick(0, 3) == 0
                                 ? windows[static_cast<std::size_t>(pick(0, 2))] - milliseconds{pick(-2, 40)}
                                 : milliseconds{pick(0, 40'000)};
    f.forget_events();
    f.pass(gap);
    if (pick(0, 9) == 0) {
      for (const std::string& key : f.keys_of("l:user")) make_list_of(f, key);
    }
    passed += gap.count();

    const std::string subject = "user_" + std::to_string(pick(1, 2));
    std::vector<ports::limit_check> limits;
    for (int i = pick(1, 3); i > 0; --i) {
      limits.push_back(limit(limit_kind::user, subject, static_cast<std::uint32_t>(pick(1, 12)),
                             windows[static_cast<std::size_t>(pick(0, 3))]));
    }
    const auto any_over = [&](std::int64_t now) {
      return std::ranges::any_of(limits,
                                 [&](const auto& each) { return model.over(subject, each.max, each.window, now); });
    };
    const std::int64_t earliest = f.redis().now_ms() + passed;
    const auto reply = f.admit(event_of(f, limits));
    const std::int64_t latest = f.redis().now_ms() + passed;
    if (const auto* admitted = std::get_if<ports::granted>(&reply)) {
      const std::int64_t now = to_unix_ms(admitted->store_now) + passed;
      CHECK_FALSE(any_over(now));
      model.send(subject, now);
      ++granted;
    } else {
      CHECK(reason_of(reply) == "rate_limited.user");
      CHECK(any_over(earliest));  // a limit that is over at first may end meanwhile, but none begins
      // It is over until just before the time that it was told to wait, and not after it.
      const std::int64_t wait = std::int64_t{std::get<ports::settled>(reply).outcome.retry_after_s} * 1000;
      CHECK(any_over(earliest + wait - 1000));
      CHECK_FALSE(any_over(latest + wait));
      ++rejected;
    }
  }
  CHECK(granted > 50);
  CHECK(rejected > 50);
}

}  // namespace sendcode::redis_tests
