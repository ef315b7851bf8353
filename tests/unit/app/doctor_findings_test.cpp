#include "worker/app/commands/doctor_findings.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using app::topic_use;
using state = app::finding::state;

namespace {

constexpr auto day_ms = milliseconds(24h).count();

app::finding of_topic(topic_use use, std::int64_t retention_ms, const char* policy = "delete", seconds life = 10min) {
  return app::judge_topic(
      {.name = "t",
       .error = {},
       .partitions = 4,
       .configuration = {{{"retention.ms", std::to_string(retention_ms)}, {"cleanup.policy", policy}}}},
      use, life);
}

redis::redis_state a_redis(std::uint64_t used, std::uint64_t most) {
  return {.now = from_unix_ms(1'000'000), .memory_policy = "noeviction", .used_bytes = used, .most_bytes = most};
}

std::vector<app::finding> of_redis(redis::redis_state redis, std::int64_t now_ms = 1'000'000) {
  redis.asked_at = from_unix_ms(now_ms);
  return app::judge_redis({std::move(redis)}, 1h);
}

}  // namespace

TEST_CASE("a topic may keep records for a code's life at least, and as long as is advised at most") {
  CHECK(of_topic(topic_use::send_code, milliseconds(10min).count()).is == state::ok);
  const auto too_short = of_topic(topic_use::send_code, milliseconds(10min).count() - 1);
  CHECK(too_short.is == state::wrong);
  CHECK(too_short.detail.find("less than a code's life of 10m") != std::string::npos);
  CHECK(of_topic(topic_use::send_code, milliseconds(1h).count(), "delete", 2h).is == state::wrong);
  for (const auto& [use, days] :
       {std::pair{topic_use::send_code, 3}, {topic_use::dead_letter, 7}, {topic_use::delivery_status, 30}}) {
    CHECK(of_topic(use, days * day_ms).is == state::ok);
    const auto too_long = of_topic(use, days * day_ms + 1);
    CHECK(too_long.is == state::wrong);
    CHECK(too_long.advice.find("set retention.ms to " + std::to_string(days * day_ms)) != std::string::npos);
    CHECK(of_topic(use, -1).detail.find("kept for ever") != std::string::npos);
    CHECK(of_topic(use, day_ms, "compact").is == state::wrong);
    CHECK(of_topic(use, day_ms, "compact,delete").is == state::wrong);
  }
}

TEST_CASE("the settings topic must be compacted, and never delete") {
  CHECK(of_topic(topic_use::settings, -1, "compact").is == state::ok);
  CHECK(of_topic(topic_use::settings, day_ms, "compact").is == state::ok);
  CHECK(of_topic(topic_use::settings, day_ms, "compact,delete").is == state::wrong);
  CHECK(of_topic(topic_use::settings, day_ms, "delete").is == state::wrong);
}

TEST_CASE("a topic that is missing is wrong, and one that Kafka says nothing of is unknown") {
  const auto missing = app::judge_topic(
      {.name = "t", .error = "Broker: Unknown topic or partition", .partitions = 0, .configuration = {}},
      topic_use::send_code, 10min);
  CHECK(missing.is == state::wrong);
  CHECK(missing.advice.find("create it") == 0);
  const auto silent = app::judge_topic({.name = "t", .error = {}, .partitions = 1, .configuration = std::nullopt},
                                       topic_use::send_code, 10min);
  CHECK(silent.is == state::unknown);
}

TEST_CASE("Redis has room while a tenth of maxmemory is left") {
  const auto well = of_redis(a_redis(900'000'000, 1'000'000'000));
  REQUIRE(well.size() == 3);
  for (const auto& found : well) CHECK(found.is == state::ok);
  CHECK(well[1].detail.find("room for 250000 events, 69 a second at dedupe_ttl 1h") != std::string::npos);
  CHECK(of_redis(a_redis(900'000'001, 1'000'000'000))[1].is == state::wrong);
  CHECK(of_redis(a_redis(2'000'000'000, 1'000'000'000))[1].is == state::wrong);
  CHECK(of_redis(a_redis(1, 0))[1].advice.find("set maxmemory") == 0);
  auto silent = a_redis(1, 1);
  silent.used_bytes.reset();
  CHECK(of_redis(silent)[1].is == state::unknown);
}

TEST_CASE("a Redis that evicts is wrong, and one that does not say is unknown") {
  auto redis = a_redis(1, 1'000);
  redis.memory_policy = "allkeys-lru";
  CHECK(of_redis(redis)[0].is == state::wrong);
  redis.memory_policy.clear();
  CHECK(of_redis(redis)[0].is == state::unknown);
}

TEST_CASE("clocks may differ by a second, either way") {
  const auto clock = [](std::int64_t now_ms) { return of_redis(a_redis(1, 1'000), now_ms)[2]; };
  CHECK(clock(1'001'000).is == state::ok);
  CHECK(clock(999'000).is == state::ok);
  CHECK(clock(1'001'001).is == state::wrong);
  CHECK(clock(998'999).is == state::wrong);
  CHECK(clock(998'999).detail == "1001 ms behind Redis'");
}

TEST_CASE("each of several masters has its own findings, and one that cannot be used does not hide the others") {
  auto first = a_redis(1, 1'000);
  first.address = "a:1";
  first.asked_at = first.now;
  first.latency = 1'260us;
  auto second = first;
  second.address = "b:2";
  second.memory_policy = "allkeys-lru";
  const redis::redis_state third{.address = "c:3", .error = "refused"};
  const auto all = app::judge_redis({first, second, third}, 1h);
  REQUIRE(all.size() == 7);
  CHECK(all[0].about == "redis of a:1");
  CHECK(all[0].detail == "a master that answers in 1.3 ms, maxmemory-policy noeviction");
  CHECK(all[1].about == "redis memory of a:1");
  CHECK(all[2].about == "clock of a:1");
  CHECK(all[3].about == "redis of b:2");
  CHECK(all[3].is == state::wrong);
  CHECK(all[6].about == "redis of c:3");
  CHECK(all[6].is == state::unreachable);
  CHECK(all[6].detail == "refused");
  CHECK(app::judge_redis({third}, 1h).at(0).about == "redis");
}

TEST_CASE("an account is well when it is active; what else Twilio says has its own advice") {
  const auto of = [](unsigned http_status, std::string status) {
    return app::judge_account("a", {.http_status = http_status, .status = std::move(status)});
  };
  CHECK(of(200, "active").is == state::ok);
  CHECK(of(200, "suspended").is == state::wrong);
  CHECK(of(200, "").is == state::wrong);
  CHECK(of(401, "").advice.find("auth token") != std::string::npos);
  CHECK(of(404, "").is == state::wrong);
  CHECK(of(429, "").is == state::unreachable);
  CHECK(of(503, "").is == state::unreachable);
  CHECK(app::judge_credentials("a", 200).is == state::ok);
  CHECK(app::judge_credentials("a", 401).is == state::wrong);
  CHECK(app::judge_credentials("a", 500).is == state::unreachable);
}

TEST_CASE("a finding is a line for people, and an object for programs") {
  const app::finding found{.is = state::wrong, .about = "topic t", .detail = "gone", .advice = "create it"};
  CHECK(app::to_line(found) == "wrong        topic t                              gone: create it");
  CHECK(app::to_json(found).dump() == R"({"state":"wrong","about":"topic t","detail":"gone","advice":"create it"})");
}
