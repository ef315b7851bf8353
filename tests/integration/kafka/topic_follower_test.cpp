// The compacted topic: all that stands there, when that has come, and what follows.
#include "worker/adapters/kafka/topic_follower.hpp"

#include <map>

#include "tests/catch.hpp"
#include "tests/integration/kafka/cluster.hpp"

using namespace sendcode;
using namespace sendcode::tests;

namespace {

constexpr int the_broker = 1;

// What a follower hands over, polled as the control thread does.
class listener final : public ports::document_log::sink {
 public:
  listener(const kafka::property_map& properties, const std::string& topic) : follower_(properties, topic) {}

  void begin() override {
    ++begun;
    standing.clear();
  }
  void take(const ports::document_record& record) override {
    REQUIRE(record.key.has_value());
    ++taken;
    if (record.value) {
      standing[std::string(*record.key)] = *record.value;
    } else {
      standing.erase(std::string(*record.key));
    }
    last_offset = record.offset;
  }
  void whole() override {
    ++wholes;
    taken_when_whole = taken;
  }

  bool wait_until(const std::function<bool()>& holds) {
    return eventually([&] {
      follower_.poll(*this);
      return holds();
    });
  }

  std::map<std::string, std::string> standing;
  std::int64_t last_offset = -1;
  int begun = 0;
  int wholes = 0;
  int taken = 0;
  int taken_when_whole = 0;

 private:
  kafka::topic_follower follower_;
};

using documents = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("all that stands in every partition comes before the topic is whole, and then what follows") {
  cluster kafka;
  const auto topic = kafka.make_topic("settings", 3);
  std::vector<test_record> records;
  for (int i = 0; i < 30; ++i) {
    records.push_back({.key = "env_" + std::to_string(i), .value = "one", .headers = {}, .partition = i % 2});
  }
  kafka.produce(topic, records);  // the third partition is empty
  listener to(kafka.properties(), topic);
  REQUIRE(to.wait_until([&] { return to.wholes == 1; }));
  CHECK(to.begun == 1);
  CHECK(to.taken_when_whole == 30);

  kafka.produce(topic, {{.key = "env_0", .value = "two", .headers = {}, .partition = 0},
                        {.key = "env_1", .value = std::nullopt, .headers = {}, .partition = 1},
                        {.key = "env_new", .value = "three", .headers = {}, .partition = 2}});
  REQUIRE(to.wait_until([&] { return to.taken == 33; }));
  CHECK(to.standing["env_0"] == "two");
  CHECK_FALSE(to.standing.contains("env_1"));
  CHECK(to.standing["env_new"] == "three");
  CHECK(to.wholes == 1);
  CHECK(to.begun == 1);
}

TEST_CASE("a topic with nothing in it is whole at once") {
  cluster kafka;
  listener to(kafka.properties(), kafka.make_topic("settings", 2));
  REQUIRE(to.wait_until([&] { return to.wholes == 1; }));
  CHECK(to.taken == 0);
}

TEST_CASE("a log that ends in offsets that are no records is whole", "[.real]") {
  cluster kafka;
  const auto topic = kafka.make_topic("settings", 1);
  SECTION("behind a document") {
    kafka.produce(topic, {{.key = "env_a", .value = "one", .headers = {}}});
  }
  SECTION("from its first one on") {}
  kafka.produce_and_abort(topic, {{.key = "env_b", .value = "never", .headers = {}}});
  listener to(kafka.properties(), topic);
  REQUIRE(to.wait_until([&] { return to.wholes == 1; }));
  CHECK_FALSE(to.standing.contains("env_b"));
  const auto taken = to.taken;
  kafka.produce(topic, {{.key = "env_c", .value = "two", .headers = {}}});
  REQUIRE(to.wait_until([&] { return to.taken == taken + 1; }));
  CHECK(to.last_offset == taken + 2);  // behind the one given up, and the mark that it was
}

TEST_CASE("a log whose first records are gone is whole", "[.real]") {
  cluster kafka;
  const auto topic = kafka.make_topic("settings", 1);
  kafka.produce(topic,
                {{.key = "env_a", .value = "one", .headers = {}}, {.key = "env_b", .value = "two", .headers = {}}});
  kafka.delete_records(topic, 0, 1);
  listener to(kafka.properties(), topic);
  REQUIRE(to.wait_until([&] { return to.wholes == 1; }));
  CHECK(to.standing == documents{{"env_b", "two"}});
}

TEST_CASE("a topic that is missing is waited for", "[mock]") {
  cluster kafka;
  const auto topic = kafka.make_topic("settings", 1);
  kafka.produce(topic, {{.key = "env_a", .value = "one", .headers = {}}});
  rd_kafka_mock_topic_set_error(kafka.mock(), topic.c_str(), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  listener to(kafka.properties(), topic);
  CHECK_FALSE(eventually([&] { return to.wait_until([] { return true; }) && to.begun > 0; }, std::chrono::seconds(1)));
  rd_kafka_mock_topic_set_error(kafka.mock(), topic.c_str(), RD_KAFKA_RESP_ERR_NO_ERROR);
  REQUIRE(to.wait_until([&] { return to.wholes == 1; }));
  CHECK(to.standing == documents{{"env_a", "one"}});
}

TEST_CASE("after an outage of the broker the same follower goes on where it was", "[mock]") {
  cluster kafka;
  const auto topic = kafka.make_topic("settings", 1);
  kafka.produce(topic, {{.key = "env_a", .value = "one", .headers = {}}});
  listener to(kafka.properties(), topic);
  REQUIRE(to.wait_until([&] { return to.wholes == 1; }));
  rd_kafka_mock_broker_set_down(kafka.mock(), the_broker);
  CHECK_FALSE(eventually([&] { return to.wait_until([] { return true; }) && to.taken > 1; }, std::chrono::seconds(1)));
  rd_kafka_mock_broker_set_up(kafka.mock(), the_broker);
  kafka.produce(topic, {{.key = "env_b", .value = "two", .headers = {}}});
  REQUIRE(to.wait_until([&] { return to.taken == 2; }));
  CHECK(to.standing == documents{{"env_a", "one"}, {"env_b", "two"}});
  CHECK(to.begun == 1);
}

TEST_CASE("partitions that are added are read: the topic begins again, and is whole again", "[.real]") {
  cluster kafka;
  const auto topic = kafka.make_topic("settings", 1);
  kafka.produce(topic, {{.key = "env_a", .value = "one", .headers = {}}});
  listener to(kafka.properties(), topic);
  REQUIRE(to.wait_until([&] { return to.wholes == 1; }));
  kafka.add_partitions(topic, 2);
  REQUIRE(to.wait_until([&] { return to.wholes == 2; }));
  CHECK(to.begun == 2);
  kafka.produce(topic, {{.key = "env_b", .value = "two", .headers = {}, .partition = 1}});
  REQUIRE(to.wait_until([&] { return to.standing == documents{{"env_a", "one"}, {"env_b", "two"}}; }));
}

TEST_CASE("more than may wait is left on the topic until the last is taken, and nothing of it is lost",
          "[.real]") {  // the mock cluster keeps some 5 MB
  constexpr std::size_t record_bytes = 500'000;
  constexpr std::size_t waiting_max = std::size_t{17} * 1024 * 1024;
  constexpr int count = 60;  // 30 MB
  cluster kafka;
  const auto topic = kafka.make_topic("settings", 1);
  for (int i = 0; i < count; ++i) {
    kafka.produce(topic, {{.key = "env_" + std::to_string(i), .value = std::string(record_bytes, 'x'), .headers = {}}});
  }
  listener to(kafka.properties(), topic);
  int before = 0;
  REQUIRE(to.wait_until([&] {
    const auto at_once = static_cast<std::size_t>(to.taken - before) * record_bytes;
    before = to.taken;
    return at_once > waiting_max || to.wholes == 1;
  }));
  CHECK(to.wholes == 1);
  CHECK(to.taken == count);
}

TEST_CASE("a follower that reaches no broker ends soon when it is asked to") {
  const auto before = std::chrono::steady_clock::now();
  {
    listener to({{"bootstrap.servers", "127.0.0.1:1"}}, "settings");
  }
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(8));
}
