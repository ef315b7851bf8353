#include "worker/adapters/kafka/topic_inspection.hpp"

#include "tests/catch.hpp"
#include "tests/integration/kafka/cluster.hpp"

using namespace sendcode;
using namespace sendcode::tests;

TEST_CASE("topics are looked at: those that are there with their configuration, and those that are not", "[.real]") {
  cluster kafka;
  const auto there = kafka.unique("inspected");
  kafka.create(there, 3, {{"retention.ms", "259200000"}, {"cleanup.policy", "compact"}});
  const auto missing = kafka.unique("missing");
  const auto topics = kafka::inspect_topics(kafka.properties(), {missing, there}, patience);
  REQUIRE(topics.has_value());
  REQUIRE(topics->topics.size() == 2);
  CHECK(topics->topics.at(0).name == missing);
  CHECK_FALSE(topics->topics.at(0).error.empty());
  CHECK(topics->topics.at(1).error.empty());
  CHECK(topics->brokers >= 1);
  CHECK(topics->topics.at(1).partitions == 3);
  CHECK(topics->topics.at(1).replicas_least == 1);
  CHECK(topics->topics.at(1).in_sync_least == 1);
  CHECK(topics->topics.at(1).without_leader == 0);
  REQUIRE(topics->topics.at(1).configuration.has_value());
  CHECK(topics->topics.at(1).configuration->at("retention.ms") == "259200000");
  CHECK(topics->topics.at(1).configuration->at("cleanup.policy") == "compact");
}

TEST_CASE("a broker that does not tell configurations leaves them unknown, and is waited for once", "[mock]") {
  cluster kafka;
  const std::vector<std::string> names(3, kafka.make_topic("inspected", 2));
  const auto begin = std::chrono::steady_clock::now();
  const auto topics = kafka::inspect_topics(kafka.properties(), names, std::chrono::seconds(4));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(8));  // what two waits would take
  REQUIRE(topics.has_value());
  REQUIRE(topics->topics.size() == 3);
  for (const auto& each : topics->topics) {
    CHECK(each.partitions == 2);
    CHECK_FALSE(each.configuration.has_value());
  }
}

TEST_CASE("topics of a Kafka that is not there: why not") {
  const auto topics = kafka::inspect_topics({{"bootstrap.servers", "127.0.0.1:1"}}, {"topic"}, std::chrono::seconds(2));
  REQUIRE_FALSE(topics.has_value());
  CHECK(topics.error().find("127.0.0.1:1") != std::string::npos);
}
