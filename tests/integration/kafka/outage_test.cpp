// Kafka missing, in part or whole: the worker waits and takes up work when it comes.
#include "tests/catch.hpp"
#include "tests/integration/kafka/worker_side.hpp"

using namespace sendcode;
using namespace sendcode::tests;

namespace {
constexpr int the_broker = 1;
}

TEST_CASE("without a broker the worker starts, says that Kafka is down, and can be stopped") {
  kafka::stream_options options;
  options.properties = {{"bootstrap.servers", "127.0.0.1:1"}};
  worker_side worker(options);
  REQUIRE(eventually([&] { return worker.downs >= 1; }));
  CHECK(worker.ups == 0);
  CHECK(worker.fatal().empty());
  const auto before = std::chrono::steady_clock::now();
  worker.finish();
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(16));
}

TEST_CASE("credentials that the broker doesn't take are an outage, not the worker's end", "[.real]") {
  cluster kafka;
  auto options = options_for(kafka, make_topics(kafka, 1));
  options.properties.insert({{"security.protocol", "sasl_plaintext"},
                             {"sasl.mechanism", "PLAIN"},
                             {"sasl.username", "somebody"},
                             {"sasl.password", "wrong"}});
  worker_side worker(options);
  REQUIRE(eventually([&] { return worker.downs >= 1; }));
  CHECK(worker.ups == 0);
  CHECK(worker.fatal().empty());
}

TEST_CASE("intake waits for a topic that is missing", "[mock]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(1));
  rd_kafka_mock_topic_set_error(kafka.mock(), topics.dead_letters.c_str(), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  worker_side worker(options_for(kafka, topics));
  REQUIRE(eventually([&] { return worker.ups >= 1; }));
  CHECK(worker.shard().count() == 0);
  CHECK(worker.stream().counts().partitions == 0);
  rd_kafka_mock_topic_set_error(kafka.mock(), topics.dead_letters.c_str(), RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK(worker.shard().wait_for(1));
}

TEST_CASE("after an outage of the broker the same worker goes on, and what was published meanwhile arrives", "[mock]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(5));
  worker_side worker(options_for(kafka, topics));
  REQUIRE(worker.shard().wait_for(5));
  auto records = worker.shard().take();

  const int downs_before = worker.downs;  // a busy machine may have lost it before
  rd_kafka_mock_broker_set_down(kafka.mock(), the_broker);
  REQUIRE(eventually([&] { return worker.downs > downs_before; }));
  for (auto& record : records) worker.end(std::move(record));
  records.clear();
  CHECK(worker.stream().counts().completed == 0);
  rd_kafka_mock_broker_set_up(kafka.mock(), the_broker);
  REQUIRE(worker.wait_for_completed(5));
  CHECK(eventually([&] { return worker.ups == worker.downs + 1; }));
  kafka.produce(topics.send_code, numbered(5, 0, 5));
  CHECK(worker.shard().wait_for(10));
}

TEST_CASE("the last commit gets the time that is given, not only what it needs as a rule", "[mock]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(5));
  auto options = options_for(kafka, topics);
  options.properties["session.timeout.ms"] = "60000";  // no heartbeat is answered meanwhile
  options.commit_interval = patience;
  worker_side worker(options);
  REQUIRE(worker.shard().wait_for(5));
  auto records = worker.shard().take();
  for (auto& record : records) worker.end(std::move(record));
  records.clear();
  REQUIRE(worker.wait_for_completed(5));
  constexpr std::int16_t offset_commit = 8;  // its number in Kafka's protocol
  constexpr int answered_after_ms = 10'000;
  rd_kafka_mock_broker_push_request_error_rtts(kafka.mock(), the_broker, offset_commit, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                               answered_after_ms);
  CHECK(worker.finish());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == 5);
}

TEST_CASE("records deleted before they were handled are counted, and intake goes on at the earliest", "[.real]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(20));
  {
    worker_side worker(options_for(kafka, topics));
    REQUIRE(worker.shard().wait_for(20));
    CHECK(worker.stream().counts().truncations == 0);
    auto records = worker.shard().take();
    for (std::size_t i = 0; i < 5; ++i) worker.end(std::move(records[i]));
    REQUIRE(worker.wait_for_completed(5));
    records.clear();
    CHECK(worker.finish());
  }
  REQUIRE(kafka.committed(topics.group, topics.send_code, 0) == 5);
  kafka.delete_records(topics.send_code, 0, 12);

  worker_side worker(options_for(kafka, topics));
  REQUIRE(worker.shard().wait_for(8));
  CHECK(worker.stream().counts().truncations == 1);
  auto records = worker.shard().take();
  CHECK(records.front().position.offset == 12);
  for (auto& record : records) worker.end(std::move(record));
  REQUIRE(worker.wait_for_completed(8));
  records.clear();
  CHECK(worker.finish());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == 20);
}
