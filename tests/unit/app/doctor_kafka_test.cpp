#include "worker/app/commands/doctor_kafka.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using app::topic_use;
using state = app::finding::state;

namespace {

constexpr auto day_ms = milliseconds(24h).count();

kafka::topic_state a_topic(std::int64_t retention_ms, const char* policy = "delete") {
  return {
      .name = "t",
      .error = {},
      .partitions = 1,
      .replicas_least = 3,
      .in_sync_least = 3,
      .configuration = {
          {{"retention.ms", std::to_string(retention_ms)}, {"cleanup.policy", policy}, {"min.insync.replicas", "2"}}}};
}

app::finding of_topic(topic_use use, std::int64_t retention_ms, const char* policy = "delete", seconds life = 10min) {
  return app::judge_topic(a_topic(retention_ms, policy), use, life, 3);
}

// With so many replicas and in sync, of so many brokers.
app::finding replicated(std::int32_t replicas, std::int32_t in_sync, std::size_t brokers, const char* needed) {
  auto topic = a_topic(day_ms);
  topic.replicas_least = replicas;
  topic.in_sync_least = in_sync;
  (*topic.configuration)["min.insync.replicas"] = needed;
  return app::judge_topic(topic, topic_use::send_code, 10min, brokers);
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

TEST_CASE("a topic that is cut by size may keep records for less than its time") {
  auto topic = a_topic(day_ms);
  (*topic.configuration)["retention.bytes"] = "1000000";
  CHECK(app::judge_topic(topic, topic_use::send_code, 10min, 3).is == state::warning);
  (*topic.configuration)["retention.bytes"] = "-1";
  CHECK(app::judge_topic(topic, topic_use::send_code, 10min, 3).is == state::ok);
}

TEST_CASE("the settings topic must be compacted, never delete, and has one partition") {
  CHECK(of_topic(topic_use::settings, -1, "compact").is == state::ok);
  CHECK(of_topic(topic_use::settings, day_ms, "compact").is == state::ok);
  CHECK(of_topic(topic_use::settings, day_ms, "compact,delete").is == state::wrong);
  CHECK(of_topic(topic_use::settings, day_ms, "delete").is == state::wrong);
  auto topic = a_topic(-1, "compact");
  topic.partitions = 2;
  CHECK(app::judge_topic(topic, topic_use::settings, 10min, 3).is == state::warning);
  CHECK(app::judge_topic(topic, topic_use::send_code, 10min, 3).is == state::wrong);  // for what it keeps alone
}

TEST_CASE("a topic outlives a broker: three replicas, two of which acknowledge") {
  CHECK(replicated(3, 3, 3, "2").is == state::ok);
  CHECK(replicated(3, 2, 3, "2").is == state::ok);
  const auto refusing = replicated(3, 1, 3, "2");
  CHECK(refusing.is == state::wrong);
  CHECK(refusing.advice.find("refuses what is written") != std::string::npos);
  const auto lossy = replicated(3, 3, 3, "1");
  CHECK(lossy.is == state::wrong);
  CHECK(lossy.advice.find("set min.insync.replicas to 2") != std::string::npos);
  CHECK(replicated(3, 3, 3, "3").is == state::warning);
  CHECK(replicated(2, 2, 3, "1").is == state::ok);
  CHECK(replicated(1, 1, 3, "1").advice.find("replication factor of 3") != std::string::npos);
  CHECK(replicated(1, 1, 1, "1").is == state::ok);  // there is but one broker
}

TEST_CASE("a topic with partitions that nobody leads cannot be used") {
  auto topic = a_topic(day_ms);
  topic.without_leader = 1;
  const auto found = app::judge_topic(topic, topic_use::send_code, 10min, 3);
  CHECK(found.is == state::unreachable);
  CHECK(found.detail.find("1 without a leader") != std::string::npos);
}

TEST_CASE("a topic that is missing is wrong, and one that Kafka says nothing of is unknown") {
  const auto missing = app::judge_topic(
      {.name = "t", .error = "Broker: Unknown topic or partition", .partitions = 0, .configuration = {}},
      topic_use::send_code, 10min, 1);
  CHECK(missing.is == state::wrong);
  CHECK(missing.advice.find("create it") == 0);
  const auto silent = app::judge_topic({.name = "t", .error = {}, .partitions = 1, .configuration = std::nullopt},
                                       topic_use::send_code, 10min, 1);
  CHECK(silent.is == state::unknown);
}
