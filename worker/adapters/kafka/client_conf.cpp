#include "worker/adapters/kafka/client_conf.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/logging.hpp"

namespace sendcode::kafka {
namespace {

struct setting {
  const char* name;
  const char* value;
};

// What the user may change.
constexpr setting shared_defaults[] = {
    {"client.id", "sendcode"},
    {"allow.auto.create.topics", "false"},  // a topic made by accident has one partition and the broker's retention
    {"topic.metadata.refresh.interval.ms", "30000"},  // partitions that are added are found within it
    {"reconnect.backoff.max.ms", "5000"},
    {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"},
};
constexpr setting consumer_defaults[] = {
    {"session.timeout.ms", "10000"},
    {"heartbeat.interval.ms", "1000"},
    {"queued.min.messages", "5000"},  // with 500 librdkafka 2.0.2 stalls at 2,000 records a second
    {"queued.max.messages.kbytes", "16384"},
    {"fetch.max.bytes", "8388608"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.error.backoff.ms", "100"},
};
constexpr setting producer_defaults[] = {
    {"linger.ms", "5"},
    {"queue.buffering.max.kbytes", "8192"},
    {"compression.type", "none"},
    {"message.timeout.ms", "30000"},  // then it is produced again, and intake pauses meanwhile
    {"request.timeout.ms", "10000"},
};
// librdkafka 2.2 and later wait a second when their queue is full; before that the property isn't there.
constexpr setting consumer_defaults_if_known[] = {{"fetch.queue.backoff.ms", "50"}};

constexpr setting consumer_fixed[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"partition.assignment.strategy", "cooperative-sticky"},
};
constexpr setting producer_fixed[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
};

struct refusal {
  std::string_view name;
  std::string_view reason;
};
constexpr std::string_view own_commit =
    "sendcode commits an offset only once Kafka has acknowledged the event's outcome";
constexpr std::string_view own_durability =
    "sendcode counts an outcome as published only once all in-sync replicas have it";
constexpr refusal refused[] = {
    {"acks", own_durability},
    {"auto.commit.enable", own_commit},
    {"auto.commit.interval.ms", own_commit},
    {"auto.offset.reset", "sendcode starts at the earliest record, and raises an alarm when that skipped some"},
    {"delivery.report.only.error", "sendcode needs to hear of every record that was acknowledged"},
    {"enable.auto.commit", own_commit},
    {"enable.auto.offset.store", own_commit},
    {"enable.gapless.guarantee", "a record that could not be delivered is produced again by sendcode itself"},
    {"enable.idempotence", own_durability},
    {"enable.partition.eof", "sendcode has no use for the end of a partition"},
    {"group.id", "set kafka.group instead"},
    {"group.protocol", "sendcode's rebalances are those of the classic protocol"},
    {"log.queue", "sendcode writes librdkafka's lines into its own log"},
    {"offset.store.method", "offsets are kept in Kafka"},
    {"partition.assignment.strategy",
     "sendcode's rebalances are cooperative-sticky, so that one worker's start doesn't stop the others"},
    {"request.required.acks", own_durability},
    {"test.mock.num.brokers", "a mock cluster inside the worker loses its records: use sendcode-sandbox --kafka"},
    {"transactional.id",
     "sendcode uses no transactions: every outcome has an id, and is published again under the same"},
};

// librdkafka repeats a value that it refuses; these may be secrets.
bool is_confidential(std::string_view name) {
  constexpr std::array marks = {"password", "secret", "pem", "key", "sasl.", "oauth"};
  return std::ranges::any_of(marks, [&](std::string_view mark) { return name.find(mark) != std::string_view::npos; });
}

bool set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value, property_errors* errors) {
  std::array<char, 512> text{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK) return true;
  if (errors == nullptr) return false;
  const std::string said(text.data());
  const bool repeats_value = is_confidential(name) && !value.empty() && said.find(value) != std::string::npos;
  errors->push_back({name, repeats_value ? "librdkafka refuses the value" : said});
  return false;
}

template <std::size_t n>
void set_all(rd_kafka_conf_t* conf, const setting (&settings)[n], property_errors* errors) {
  for (const auto& each : settings) set(conf, each.name, each.value, errors);
}

// Not one of our threads: logs alone. What our callbacks say in plain sentences (a broker that is gone, refused
// credentials) is debug here.
void log_line(const rd_kafka_t*, int level, const char* facility, const char* text) {
  const std::string_view about(facility);
  const bool said_elsewhere =
      about == "FAIL" || about == "ERROR" || about == "CONFWARN" || about == "SESSTMOUT" || about == "AUTOCREATE";
  const auto at = level <= 4 && !said_elsewhere ? log::level::warn : log::level::debug;
  log::write(at, "librdkafka says", {{"facility", about}, {"text", std::string_view(text)}});
}

void set_user_properties(rd_kafka_conf_t* conf, const property_map& properties, property_errors& errors) {
  for (const auto& [name, value] : properties) {
    const auto found = std::ranges::find(refused, std::string_view(name), &refusal::name);
    if (found != std::end(refused)) {
      errors.push_back({name, std::string(found->reason)});
    } else {
      set(conf, name, value, &errors);
    }
  }
  const auto given = [&](const char* name) { return properties.contains(name) && !properties.at(name).empty(); };
  if (!given("bootstrap.servers") && !given("metadata.broker.list")) {
    errors.push_back({"bootstrap.servers", "is missing: the brokers to ask first, host:port separated by commas"});
  }
}

std::expected<conf_ptr, property_errors> finished(conf_ptr conf, property_errors errors) {
  if (!errors.empty()) return std::unexpected(std::move(errors));
  rd_kafka_conf_set_log_cb(conf.get(), &log_line);
  return conf;
}

}  // namespace

std::expected<conf_ptr, property_errors> consumer_conf(const property_map& properties, const std::string& group) {
  conf_ptr conf(rd_kafka_conf_new());
  property_errors errors;
  set_all(conf.get(), shared_defaults, &errors);
  set_all(conf.get(), consumer_defaults, &errors);
  set_all(conf.get(), consumer_defaults_if_known, nullptr);
  set_user_properties(conf.get(), properties, errors);
  set_all(conf.get(), consumer_fixed, &errors);
  set(conf.get(), "group.id", group, &errors);
  return finished(std::move(conf), std::move(errors));
}

std::expected<conf_ptr, property_errors> producer_conf(const property_map& properties) {
  conf_ptr conf(rd_kafka_conf_new());
  property_errors errors;
  set_all(conf.get(), shared_defaults, &errors);
  set_all(conf.get(), producer_defaults, &errors);
  set_user_properties(conf.get(), properties, errors);
  set_all(conf.get(), producer_fixed, &errors);
  return finished(std::move(conf), std::move(errors));
}

std::expected<conf_ptr, property_errors> reader_conf(const property_map& properties) {
  conf_ptr conf(rd_kafka_conf_new());
  property_errors errors;
  set_all(conf.get(), shared_defaults, &errors);
  set_user_properties(conf.get(), properties, errors);
  set(conf.get(), "enable.partition.eof", "true", &errors);  // a log may end in offsets that are no records
  set(conf.get(), "auto.offset.reset", "error", &errors);    // a log that lost our place is said, not skipped
  return finished(std::move(conf), std::move(errors));
}

std::expected<client_ptr, std::string> make_client(rd_kafka_type_t type, conf_ptr conf) {
  std::array<char, 512> text{};
  client_ptr client(rd_kafka_new(type, conf.get(), text.data(), text.size()));
  if (!client) return std::unexpected(std::string(text.data()));
  (void)conf.release();  // rd_kafka_new took it, but only now that it succeeded
  return client;
}

std::string to_sentence(const property_errors& errors) {
  std::string out;
  for (const auto& each : errors) {
    if (!out.empty()) out += "; ";
    out += each.name.empty() ? each.reason : each.name + ": " + each.reason;
  }
  return out;
}

}  // namespace sendcode::kafka
