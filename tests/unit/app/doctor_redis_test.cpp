#include "worker/app/commands/doctor_redis.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using state = app::finding::state;

namespace {

redis::redis_state a_redis(std::uint64_t used = 1'000'000, std::uint64_t most = 1'000'000'000) {
  return {.now = from_unix_ms(1'000'000),
          .asked_at = from_unix_ms(1'000'000),
          .latency = 300us,
          .latency_worst = 900us,
          .version = "7.0.15",
          .memory_policy = "noeviction",
          .used_bytes = used,
          .most_bytes = most,
          .replicas = 1,
          .appends = true,
          .takes_snapshots = true,
          .append_status = "ok",
          .snapshot_status = "ok"};
}

struct findings {
  app::finding answers, persistence, memory, clock;
};
findings of(redis::redis_state redis, const app::redis_wishes& wishes = {}) {
  const auto all = app::judge_redis({.masters = {std::move(redis)}}, wishes);
  REQUIRE(all.size() == 4);
  CHECK(all[0].about == "redis");
  CHECK(all[1].about == "redis persistence");
  CHECK(all[2].about == "redis memory");
  CHECK(all[3].about == "clock");
  return {all[0], all[1], all[2], all[3]};
}

}  // namespace

TEST_CASE("a Redis that is as it should be is well in every respect") {
  const auto well = of(a_redis());
  for (const auto& found : {well.answers, well.persistence, well.memory, well.clock}) {
    INFO(found.about << ": " << found.advice);
    CHECK(found.is == state::ok);
  }
  CHECK(well.answers.detail ==
        "a master that answers in 0.3 ms (at worst 0.9), version 7.0.15, 1 replica, maxmemory-policy noeviction");
}

TEST_CASE("Redis has room while a tenth of maxmemory is left") {
  const auto well = of(a_redis(900'000'000, 1'000'000'000)).memory;
  CHECK(well.is == state::ok);
  CHECK(well.detail.find("room for 250000 events, 69 a second at dedupe_ttl 1h") != std::string::npos);
  CHECK(of(a_redis(900'000'001, 1'000'000'000)).memory.is == state::wrong);
  CHECK(of(a_redis(2'000'000'000, 1'000'000'000)).memory.is == state::wrong);
  const auto unlimited = of(a_redis(1, 0)).memory;
  CHECK(unlimited.is == state::warning);
  CHECK(unlimited.advice.find("set maxmemory") == 0);
  auto silent = a_redis(1, 1);
  silent.used_bytes.reset();
  CHECK(of(silent).memory.is == state::unknown);
}

TEST_CASE("a Redis that evicts is wrong, and one that does not say is unknown") {
  auto redis = a_redis();
  redis.memory_policy = "allkeys-lru";
  CHECK(of(redis).answers.is == state::wrong);
  redis.memory_policy.clear();
  CHECK(of(redis).answers.is == state::unknown);
}

TEST_CASE("a Redis before 7 is too old; one that does not say its version may be any") {
  auto redis = a_redis();
  redis.version = "6.2.14";
  CHECK(of(redis).answers.is == state::wrong);
  redis.version = "8.0.1";
  CHECK(of(redis).answers.is == state::ok);
  redis.version.clear();
  CHECK(of(redis).answers.is == state::ok);
}

TEST_CASE("too few replicas for redis.replicas_min hold everything up") {
  CHECK(of(a_redis(), {.replicas_min = 1}).answers.is == state::ok);
  const auto few = of(a_redis(), {.replicas_min = 2}).answers;
  CHECK(few.is == state::wrong);
  CHECK(few.advice.find("redis.replicas_min is 2") == 0);
}

TEST_CASE("a Redis that needs more than half of its time is near an outage") {
  auto redis = a_redis();
  redis.latency_worst = 50ms;
  CHECK(of(redis).answers.is == state::ok);
  redis.latency_worst = 51ms;
  const auto slow = of(redis).answers;
  CHECK(slow.is == state::warning);
  CHECK(slow.advice.find("redis.timeout is 100 ms") == 0);
}

TEST_CASE("a Redis keeps what it acknowledged in a file that it appends to") {
  auto redis = a_redis();
  redis.append_status = "err";
  CHECK(of(redis).persistence.is == state::wrong);
  redis.append_status = "ok";
  redis.snapshot_status = "err";
  CHECK(of(redis).persistence.is == state::wrong);
  redis.takes_snapshots = false;  // then nobody waits for one
  CHECK(of(redis).persistence.is == state::ok);
  redis.snapshot_status = "ok";
  redis.appends = false;
  CHECK(of(redis).persistence.is == state::warning);
  CHECK(of(redis).persistence.detail == "none");
  redis.takes_snapshots = true;
  CHECK(of(redis).persistence.detail == "snapshots alone");
  CHECK(of(redis).persistence.is == state::warning);
  redis.appends.reset();
  CHECK(of(redis).persistence.is == state::unknown);
}

TEST_CASE("clocks may differ by a second, either way") {
  const auto clock = [](std::int64_t now_ms) {
    auto redis = a_redis();
    redis.asked_at = from_unix_ms(now_ms);
    return of(redis).clock;
  };
  CHECK(clock(1'001'000).is == state::ok);
  CHECK(clock(999'000).is == state::ok);
  CHECK(clock(1'001'001).is == state::wrong);
  CHECK(clock(998'999).is == state::wrong);
  CHECK(clock(998'999).detail == "1001 ms behind Redis'");
}

TEST_CASE("each of several masters has its own findings, and one that cannot be used does not hide the others") {
  auto first = a_redis();
  first.address = "a:1";
  auto second = first;
  second.address = "b:2";
  second.memory_policy = "allkeys-lru";
  const redis::redis_state third{.address = "c:3", .error = "refused"};
  const auto all = app::judge_redis({.masters = {first, second, third}}, {});
  REQUIRE(all.size() == 9);
  CHECK(all[0].about == "redis of a:1");
  CHECK(all[1].about == "redis persistence of a:1");
  CHECK(all[2].about == "redis memory of a:1");
  CHECK(all[3].about == "clock of a:1");
  CHECK(all[4].about == "redis of b:2");
  CHECK(all[4].is == state::wrong);
  CHECK(all[8].about == "redis of c:3");
  CHECK(all[8].is == state::unreachable);
  CHECK(all[8].detail == "refused");
  CHECK(app::judge_redis({.masters = {first}}, {}).at(0).about == "redis");
  CHECK(app::judge_redis({.masters = {third}}, {}).at(0).about == "redis of c:3");  // whom to look for
}

TEST_CASE("slots of a cluster that no master serves are named, the first few of them") {
  redis::redis_states states{.masters = {a_redis()}, .is_whole = true};
  CHECK(app::judge_redis(states, {}).back().is == state::ok);
  states.is_whole = false;
  states.without_master = {{0, 9}, {42, 42}};
  const auto found = app::judge_redis(states, {}).back();
  CHECK(found.about == "redis cluster");
  CHECK(found.is == state::wrong);
  CHECK(found.detail == "no master serves the slots 0-9, 42");
  states.without_master = {{0, 0}, {2, 2}, {4, 4}, {6, 6}, {8, 8}};
  CHECK(app::judge_redis(states, {}).back().detail.ends_with("0, 2, 4, 6, …"));
}
