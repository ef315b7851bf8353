#include "worker/adapters/kafka/transactional_writer.hpp"

#include <set>

#include "tests/catch.hpp"
#include "tests/integration/kafka/cluster.hpp"
#include "worker/adapters/kafka/record_reader.hpp"

using namespace sendcode;
using namespace sendcode::tests;

namespace {

kafka::addressed_record a_record(const std::string& topic, const std::string& value) {
  return {topic, {.key = {}, .headers = {}, .value = value, .partition = 0}};
}

// All that is committed and there now.
std::vector<std::string> values_on(const cluster& in, const std::string& topic) {
  auto reader =
      kafka::record_reader::open(in.properties(), topic, {.where = kafka::read_from::kind::beginning}, patience);
  REQUIRE(reader.has_value());
  std::vector<std::string> out;
  const auto each = [&](const kafka::read_record& record) {
    out.emplace_back(record.value.value_or(""));
    return true;
  };
  REQUIRE(reader->read(each, patience, true) == kafka::read_result::at_end);
  return out;
}

kafka::transactional_writer open_writer(const cluster& in, const std::string& id, const std::string& topic) {
  auto made = kafka::transactional_writer::open(in.properties(), id, {topic}, patience);
  INFO((made ? std::string() : made.error()));
  REQUIRE(made.has_value());
  return std::move(*made);
}

}  // namespace

TEST_CASE("records of one transaction come to all their topics, with the time that they bear", "[.real]") {
  cluster kafka;
  const auto first = kafka.make_topic("first", 1);
  const auto second = kafka.make_topic("second", 1);
  auto writer = open_writer(kafka, kafka.unique("writer"), first);
  auto old = a_record(first, "old");
  // Not older than the topic keeps records: the broker may look at any time.
  const auto an_hour_ago = std::chrono::floor<milliseconds>(std::chrono::system_clock::now()) - std::chrono::hours(1);
  old.record.at = an_hour_ago;
  REQUIRE(writer.write({old, a_record(second, "a"), a_record(second, "b")}, patience).has_value());
  REQUIRE(writer.write({a_record(second, "c")}, patience).has_value());
  CHECK(values_on(kafka, first) == std::vector<std::string>{"old"});
  CHECK(values_on(kafka, second) == std::vector<std::string>{"a", "b", "c"});
  auto reader = kafka::record_reader::open(
      kafka.properties(), first, {.where = kafka::read_from::kind::offset, .partition = 0, .offset = 0}, patience);
  std::optional<timestamp> at;
  const auto each = [&](const kafka::read_record& record) {
    at = record.appended_at;
    return false;
  };
  REQUIRE(reader->read(each, patience) == kafka::read_result::stopped);
  CHECK(at == an_hour_ago);
}

TEST_CASE("whoever takes a transactional id over sees what was committed, and shuts out those before", "[.real]") {
  cluster kafka;
  const auto topic = kafka.make_topic("taken", 1);
  const auto id = kafka.unique("writer");
  auto first = open_writer(kafka, id, topic);
  REQUIRE(first.write({a_record(topic, "a")}, patience).has_value());
  auto second = open_writer(kafka, id, topic);
  CHECK(values_on(kafka, topic) == std::vector<std::string>{"a"});
  const auto refused = first.write({a_record(topic, "b")}, patience);
  REQUIRE_FALSE(refused.has_value());
  INFO(refused.error());
  CHECK(refused.error().find("took over") != std::string::npos);
  REQUIRE(second.write({a_record(topic, "c")}, patience).has_value());
  CHECK(values_on(kafka, topic) == std::vector<std::string>{"a", "c"});
}

TEST_CASE("a record that is refused takes the others of its transaction with it", "[.real]") {
  cluster kafka;
  const auto topic = kafka.unique("small");
  kafka.create(topic, 1, {{"max.message.bytes", "1000"}});
  auto writer = open_writer(kafka, kafka.unique("writer"), topic);
  const auto refused = writer.write({a_record(topic, "a"), a_record(topic, std::string(5'000, 'x'))}, patience);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().find("nothing of the transaction was written") != std::string::npos);
  CHECK(values_on(kafka, topic).empty());
}

TEST_CASE("a topic that is missing, and a Kafka that is not there, are told at once", "[.real]") {
  cluster kafka;
  const auto missing = kafka.unique("missing");
  const auto told = kafka::transactional_writer::open(kafka.properties(), "id", {missing}, patience);
  REQUIRE_FALSE(told.has_value());
  CHECK(told.error().find(missing) != std::string::npos);
  const auto nobody = kafka::transactional_writer::open({{"bootstrap.servers", "127.0.0.1:1"}}, "id", {missing},
                                                        std::chrono::seconds(2));
  REQUIRE_FALSE(nobody.has_value());
  CHECK(nobody.error().find("127.0.0.1:1") != std::string::npos);
}
