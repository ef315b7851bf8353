// Records out: an event completes when Kafka has acknowledged its outcome, and not before.
#include <atomic>
#include <set>

#include "tests/catch.hpp"
#include "tests/integration/kafka/worker_side.hpp"
#include "worker/adapters/kafka/record_reader.hpp"

using namespace sendcode;
using namespace sendcode::tests;

namespace {

constexpr std::int16_t produce_request = 0;
constexpr std::int16_t init_producer_id_request = 22;

std::multiset<std::string> values_in(const cluster& kafka, const std::string& topic) {
  auto reader =
      kafka::record_reader::open(kafka.properties(), topic, {.where = kafka::read_from::kind::beginning}, patience);
  if (!reader) throw std::runtime_error(reader.error());
  std::multiset<std::string> values;
  const auto each = [&](const kafka::read_record& record) {
    values.emplace(record.value.value_or("(null)"));
    return true;
  };
  if (const auto result = reader->read(each, patience, true); result != kafka::read_result::at_end) {
    throw std::runtime_error("not read to the end");
  }
  return values;
}

}  // namespace

TEST_CASE("an outcome that cannot be delivered is produced again, and the event stays open and intake waits meanwhile",
          "[mock]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(1));
  worker_side worker(options_for(kafka, topics));
  REQUIRE(worker.shard().wait_for(1));
  auto records = worker.shard().take();

  const std::vector<rd_kafka_resp_err_t> refusals(100, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors_array(kafka.mock(), produce_request, refusals.size(), refusals.data());
  worker.end(std::move(records[0]), "first");
  REQUIRE(eventually([&] { return worker.stream().counts().paused; }));
  // Between two tries too.
  REQUIRE(eventually([&] {
    CHECK(worker.stream().counts().paused);
    return worker.stream().counts().publish_failures >= 3;
  }));
  CHECK(worker.stream().counts().completed == 0);
  CHECK(worker.stream().counts().open == 1);
  CHECK(kafka.committed(topics.group, topics.send_code, 0).value_or(0) == 0);

  rd_kafka_mock_clear_request_errors(kafka.mock(), produce_request);
  REQUIRE(worker.wait_for_completed(1));
  kafka.produce(topics.send_code, numbered(1, 0, 1));
  REQUIRE(worker.shard().wait_for(2));
  CHECK(eventually([&] { return !worker.stream().counts().paused; }));
  CHECK(eventually([&] { return kafka.committed(topics.group, topics.send_code, 0) == 1; }));
  CHECK(values_in(kafka, topics.statuses) == std::multiset<std::string>{"first"});
}

TEST_CASE("a full producer queue loses nothing and repeats nothing") {
  constexpr int count = 500;
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(count));
  auto options = options_for(kafka, topics);
  options.properties["queue.buffering.max.messages"] = "20";
  worker_side worker(options);
  REQUIRE(worker.shard().wait_for(count));
  std::multiset<std::string> expected;
  for (auto& record : worker.shard().take()) {
    expected.emplace(record.value);
    const std::string value(record.value);
    worker.end(std::move(record), value);
  }
  REQUIRE(worker.wait_for_completed(count));
  CHECK(worker.stream().counts().publish_failures > 0);
  CHECK(eventually([&] { return worker.stream().counts().open == 0; }));  // shown once a turn of its loop
  CHECK(worker.finish());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == count);
  CHECK(values_in(kafka, topics.statuses) == expected);
}

TEST_CASE("statuses and dead letters go to their topics with key, headers and null value") {
  using namespace std::string_literals;
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  worker_side worker(options_for(kafka, topics));
  const auto binary = "\0\xff"s;
  worker.stream().publish({.topic = ports::topic::delivery_status, .key = "c1", .headers = {}, .value = "status"}, {});
  worker.stream().publish({.topic = ports::topic::dead_letter,
                           .key = std::nullopt,
                           .headers = {{"error", "too_large"}, {"bytes", binary}},
                           .value = {},
                           .null_value = true},
                          {});
  REQUIRE(worker.finish());

  CHECK(values_in(kafka, topics.statuses) == std::multiset<std::string>{"status"});
  auto reader = kafka::record_reader::open(kafka.properties(), topics.dead_letters,
                                           {.where = kafka::read_from::kind::beginning}, patience);
  REQUIRE(reader);
  int count = 0;
  const auto each = [&](const kafka::read_record& record) {
    ++count;
    CHECK_FALSE(record.key);
    CHECK_FALSE(record.value);
    REQUIRE(record.headers.size() == 2);
    CHECK(record.headers[0].name == "error");
    CHECK(record.headers[1].value == binary);
    return true;
  };
  CHECK(reader->read(each, patience, true) == kafka::read_result::at_end);
  CHECK(count == 1);
}

TEST_CASE("a record that the log refuses for its size goes out as the smaller one, and stops nothing") {
  cluster kafka;
  auto topics = make_topics(kafka, 1);
  topics.dead_letters = kafka.unique("small-letters");
  kafka.create(topics.dead_letters, 1, {{"max.message.bytes", "1000"}});
  kafka.produce(topics.send_code, numbered(2));
  worker_side worker(options_for(kafka, topics));
  REQUIRE(worker.shard().wait_for(2));
  auto records = worker.shard().take();

  if (!cluster::is_real()) {
    const auto refusal = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    rd_kafka_mock_push_request_errors_array(kafka.mock(), produce_request, 1, &refusal);
  }
  ports::outgoing_record letter;
  letter.topic = ports::topic::dead_letter;
  letter.value = std::string(5'000, 'v');
  ports::outgoing_record smaller;
  smaller.topic = ports::topic::dead_letter;
  smaller.value = "without it";
  letter.if_too_large = std::make_shared<const ports::outgoing_record>(std::move(smaller));
  worker.stream().publish(std::move(letter), records[0].position);
  REQUIRE(worker.wait_for_completed(1));
  worker.end(std::move(records[1]), "behind it");
  REQUIRE(worker.wait_for_completed(2));
  records.clear();
  REQUIRE(worker.finish());
  CHECK(worker.fatal().empty());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == 2);
  CHECK(values_in(kafka, topics.dead_letters) == std::multiset<std::string>{"without it"});
}

TEST_CASE("who asks is told once the log has a record, and not while it refuses it", "[mock]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  std::atomic<int> told = 0;  // outlives the worker, whose thread sets it
  worker_side worker(options_for(kafka, topics));
  const auto publish = [&](const std::string& value) {
    worker.stream().publish({.topic = ports::topic::delivery_status,
                             .key = "c1",
                             .headers = {},
                             .value = value,
                             .acknowledged = [&] { ++told; }},
                            {});
  };
  publish("first");
  REQUIRE(eventually([&] { return told == 1; }));

  const std::vector<rd_kafka_resp_err_t> refusals(100, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors_array(kafka.mock(), produce_request, refusals.size(), refusals.data());
  publish("second");
  REQUIRE(eventually([&] { return worker.stream().counts().publish_failures >= 2; }));
  CHECK(told == 1);
  rd_kafka_mock_clear_request_errors(kafka.mock(), produce_request);
  CHECK(eventually([&] { return told == 2; }));
  REQUIRE(worker.finish());
  CHECK(told == 2);
  CHECK(values_in(kafka, topics.statuses) == std::multiset<std::string>{"first", "second"});
}

TEST_CASE("a fatal error of the producer is reported with its reason, once", "[mock]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  const std::vector<rd_kafka_resp_err_t> refusals(20, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors_array(kafka.mock(), init_producer_id_request, refusals.size(), refusals.data());
  worker_side worker(options_for(kafka, topics));
  worker.stream().publish({.topic = ports::topic::delivery_status, .key = "c1", .headers = {}, .value = "v"}, {});
  REQUIRE(eventually([&] { return !worker.fatal().empty(); }));
  CHECK(worker.fatal().find("CLUSTER_AUTHORIZATION_FAILED") != std::string::npos);
}
