// The command line's clients.
#include "tests/catch.hpp"
#include "tests/integration/kafka/cluster.hpp"
#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/adapters/kafka/record_writer.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using kafka::read_from;
using kafka::read_result;
using kafka::record_reader;
using kafka::record_writer;

namespace {

kafka::written_record record(const std::string& value) {
  return {.key = "key", .headers = {{"name", "header of " + value}}, .value = value};
}

std::vector<std::string> read_all(record_reader& reader) {
  std::vector<std::string> values;
  const auto each = [&](const kafka::read_record& got) {
    CHECK(got.key == "key");
    REQUIRE(got.headers.size() == 1);
    values.emplace_back(got.value.value());
    CHECK(got.headers[0].value == "header of " + values.back());
    return true;
  };
  CHECK(reader.read(each, patience, true) == read_result::at_end);
  return values;
}

}  // namespace

TEST_CASE("what is written is read from the beginning and from the end") {
  cluster kafka;
  const auto topic = kafka.make_topic("clients", 1);
  auto writer = record_writer::open(kafka.properties(), topic, patience);
  REQUIRE(writer);
  REQUIRE(writer->write({record("a"), record("b")}, patience));

  auto from_end = record_reader::open(kafka.properties(), topic, {}, patience);
  REQUIRE(from_end);
  REQUIRE(writer->write({record("c"), record("d")}, patience));

  std::vector<std::string> seen;
  const auto until_two = [&](const kafka::read_record& got) {
    seen.emplace_back(got.value.value());
    return seen.size() < 2;
  };
  CHECK(from_end->read(until_two, patience) == read_result::stopped);
  CHECK(seen == std::vector<std::string>{"c", "d"});
  CHECK(from_end->read(until_two, std::chrono::milliseconds(50)) == read_result::timed_out);

  auto from_start = record_reader::open(kafka.properties(), topic, {.where = read_from::kind::beginning}, patience);
  REQUIRE(from_start);
  CHECK(read_all(*from_start) == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("reading since a time starts at that time's first record",
          "[.real]") {  // the mock cluster has no look-up by time
  cluster kafka;
  const auto topic = kafka.make_topic("clients", 1);
  auto writer = record_writer::open(kafka.properties(), topic, patience);
  REQUIRE(writer);
  REQUIRE(writer->write({record("a"), record("b")}, patience));
  const auto since = std::chrono::floor<milliseconds>(std::chrono::system_clock::now()) + milliseconds(1);
  REQUIRE(eventually([&] { return std::chrono::system_clock::now() > since; }));
  REQUIRE(writer->write({record("c"), record("d")}, patience));
  auto reader =
      record_reader::open(kafka.properties(), topic, {.where = read_from::kind::time, .since = since}, patience);
  REQUIRE(reader);
  CHECK(read_all(*reader) == std::vector<std::string>{"c", "d"});
  auto later = record_reader::open(kafka.properties(), topic,
                                   {.where = read_from::kind::time, .since = since + std::chrono::hours(1)}, patience);
  REQUIRE(later);
  CHECK(read_all(*later).empty());
}

TEST_CASE("a topic with nothing in it is at its end at once") {
  cluster kafka;
  const auto topic = kafka.make_topic("empty", 3);
  auto reader = record_reader::open(kafka.properties(), topic, {.where = read_from::kind::beginning}, patience);
  INFO((reader ? "" : reader.error()));
  REQUIRE(reader);
  CHECK(read_all(*reader).empty());
}

TEST_CASE("a broker that isn't there is said in one sentence, within the time given") {
  const kafka::property_map nowhere = {{"bootstrap.servers", "127.0.0.1:1"}};
  const auto writer = record_writer::open(nowhere, "topic", std::chrono::seconds(2));
  REQUIRE_FALSE(writer);
  CHECK(writer.error().find("Kafka cannot be reached") != std::string::npos);
  CHECK(writer.error().find("127.0.0.1:1") != std::string::npos);
  const auto reader = record_reader::open(nowhere, "topic", {}, std::chrono::seconds(2));
  REQUIRE_FALSE(reader);
  CHECK(reader.error().find("Kafka cannot be reached") != std::string::npos);
}

TEST_CASE("a topic that isn't there is said by name", "[.real]") {
  cluster kafka;
  const auto topic = kafka.unique("missing");
  const auto writer = record_writer::open(kafka.properties(), topic, patience);
  REQUIRE_FALSE(writer);
  CHECK(writer.error().find(topic) != std::string::npos);
}

TEST_CASE("a wrong property is named") {
  const auto writer = record_writer::open({{"bootstrap.servers", "127.0.0.1:1"}, {"lingerms", "1"}}, "topic", patience);
  REQUIRE_FALSE(writer);
  CHECK(writer.error().find("lingerms") != std::string::npos);
}
