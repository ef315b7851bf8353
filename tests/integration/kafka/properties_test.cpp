#include "worker/adapters/kafka/properties.hpp"

#include <algorithm>
#include <array>

#include "tests/catch.hpp"
#include "worker/adapters/kafka/client_conf.hpp"

using namespace sendcode::kafka;

namespace {

const property_map minimal = {{"bootstrap.servers", "127.0.0.1:9092"}};

property_map with(property_map more) {
  more.insert(minimal.begin(), minimal.end());
  return more;
}

std::string read_back(const conf_ptr& conf, const char* name) {
  std::array<char, 256> value{};
  std::size_t size = value.size();
  return rd_kafka_conf_get(conf.get(), name, value.data(), &size) == RD_KAFKA_CONF_OK ? value.data() : "(unknown)";
}

std::string reason_for(const std::vector<property_error>& errors, const std::string& name) {
  const auto found = std::ranges::find(errors, name, &property_error::name);
  return found == errors.end() ? "" : found->reason;
}

}  // namespace

TEST_CASE("a broker's address is all that a configuration needs") {
  CHECK(check_properties(minimal, "sendcode").empty());
  CHECK(reason_for(check_properties({}, "sendcode"), "bootstrap.servers").find("missing") != std::string::npos);
}

TEST_CASE("every error is reported at once, with the property's name") {
  const auto errors = check_properties(with({{"no.such.property", "1"},
                                             {"session.timeout.ms", "soon"},
                                             {"linger.ms", "-5"},
                                             {"enable.auto.commit", "true"},
                                             {"acks", "1"}}),
                                       "sendcode");
  CHECK(errors.size() == 5);
  CHECK(reason_for(errors, "no.such.property").find("No such configuration property") != std::string::npos);
  CHECK_FALSE(reason_for(errors, "session.timeout.ms").empty());
  CHECK_FALSE(reason_for(errors, "linger.ms").empty());
  CHECK(reason_for(errors, "enable.auto.commit").find("commits an offset only once") != std::string::npos);
  CHECK(reason_for(errors, "acks").find("in-sync replicas") != std::string::npos);
}

TEST_CASE("properties that sendcode must set are refused, whatever their value") {
  for (const char* name :
       {"auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store", "enable.idempotence", "group.id",
        "group.protocol", "partition.assignment.strategy", "test.mock.num.brokers", "transactional.id"}) {
    const auto errors = check_properties(with({{name, "1"}}), "sendcode");
    INFO(name);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].name == name);
    CHECK(errors[0].reason.size() > 20);
  }
}

TEST_CASE("what only the combination of properties shows is found without connecting") {
  const auto timeouts = check_properties(with({{"max.poll.interval.ms", "8000"}}), "sendcode");
  REQUIRE(timeouts.size() == 1);
  CHECK(timeouts[0].reason.find("session.timeout.ms") != std::string::npos);
  const auto file =
      check_properties(with({{"security.protocol", "ssl"}, {"ssl.ca.location", "/nowhere/ca.pem"}}), "sendcode");
  REQUIRE(file.size() == 1);
  INFO(file[0].reason);
  CHECK(file[0].reason.find("/nowhere/ca.pem") != std::string::npos);
}

TEST_CASE("a refused secret isn't repeated") {
  for (const auto& each :
       check_properties(with({{"sasl.oauthbearer.method", "hunter2"}, {"ssl.key.password", "hunter2"}}), "sendcode")) {
    CHECK(each.reason.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("the consumer's settings read back: ours above the user's above the defaults") {
  const auto conf = consumer_conf(with({{"session.timeout.ms", "20000"}, {"client.id", "mine"}}), "the group");
  REQUIRE(conf);
  const std::pair<const char*, const char*> expected[] = {{"group.id", "the group"},
                                                          {"client.id", "mine"},
                                                          {"session.timeout.ms", "20000"},
                                                          {"heartbeat.interval.ms", "1000"},
                                                          {"enable.auto.commit", "false"},
                                                          {"enable.auto.offset.store", "false"},
                                                          {"auto.offset.reset", "error"},
                                                          {"partition.assignment.strategy", "cooperative-sticky"},
                                                          {"queued.max.messages.kbytes", "16384"},
                                                          {"queued.min.messages", "5000"},
                                                          {"allow.auto.create.topics", "false"}};
  for (const auto& [name, value] : expected) {
    INFO(name);
    CHECK(read_back(*conf, name) == value);
  }
}

TEST_CASE("members are dynamic and missed after 10 s, unless the user names them and another time") {
  const auto defaults = consumer_conf(with({}), "the group");
  REQUIRE(defaults);
  CHECK(read_back(*defaults, "session.timeout.ms") == "10000");
  const auto name = read_back(*defaults, "group.instance.id");
  CHECK((name.empty() || name == "(unknown)"));
  const auto named = consumer_conf(with({{"group.instance.id", "worker-1"}}), "the group");
  REQUIRE(named);
  CHECK(read_back(*named, "group.instance.id") == "worker-1");
}

TEST_CASE("the producer's settings read back") {
  const auto conf = producer_conf(minimal);
  REQUIRE(conf);
  const std::pair<const char*, const char*> expected[] = {{"enable.idempotence", "true"},
                                                          {"linger.ms", "5"},
                                                          {"queue.buffering.max.kbytes", "8192"},
                                                          {"compression.type", "none"},
                                                          {"allow.auto.create.topics", "false"}};
  for (const auto& [name, value] : expected) {
    INFO(name);
    CHECK(read_back(*conf, name) == value);
  }
}
