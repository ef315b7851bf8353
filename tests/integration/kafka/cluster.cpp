#include "tests/integration/kafka/cluster.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace sendcode::tests {
namespace {

constexpr int timeout_ms = 10'000;

const char* real_bootstrap() {
  const char* const given = std::getenv("KAFKA_BOOTSTRAP");
  return given != nullptr && *given != '\0' ? given : nullptr;
}

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("the test's cluster: " + what);
}

rd_kafka_t* make_client(rd_kafka_type_t type, const kafka::property_map& properties) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  std::array<char, 256> text{};
  for (const auto& [name, value] : properties) {
    require(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK,
            text.data());
  }
  rd_kafka_t* const made = rd_kafka_new(type, conf, text.data(), text.size());
  require(made != nullptr, text.data());
  return made;
}

// One admin request and its result's error, if any.
template <typename Request>
std::string ask_admin(rd_kafka_t* client, Request&& request) {
  rd_kafka_queue_t* const answers = rd_kafka_queue_new(client);
  request(answers);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(answers, timeout_ms);
  const std::string error = event == nullptr                   ? "no answer"
                            : rd_kafka_event_error(event) != 0 ? rd_kafka_event_error_string(event)
                                                               : "";
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(answers);
  return error;
}

// What librdkafka keeps of a topic: otherwise it may be for minutes what it was while the topic was made.
void refresh_metadata(rd_kafka_t* client, const std::string& topic) {
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const struct rd_kafka_metadata* found = nullptr;
  if (rd_kafka_metadata(client, 0, handle, &found, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(found);
  }
  rd_kafka_topic_destroy(handle);
}

void put(rd_kafka_t* producer, const std::string& topic, const test_record& record) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  std::array<rd_kafka_vu_t, 6> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = RD_KAFKA_MSG_F_COPY;
  fields[2].vtype = RD_KAFKA_VTYPE_KEY;
  if (record.key) fields[2].u.mem = {const_cast<char*>(record.key->data()), record.key->size()};
  fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
  if (record.value) fields[3].u.mem = {const_cast<char*>(record.value->data()), record.value->size()};
  fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[4].u.headers = headers;
  fields[5].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[5].u.i32 = record.partition;
  require(rd_kafka_produceva(producer, fields.data(), fields.size()) == nullptr, "produce");
}

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool cluster::is_real() {
  return real_bootstrap() != nullptr;
}

cluster::cluster() {
  if (is_real()) {
    bootstrap_ = real_bootstrap();
    client_ = make_client(RD_KAFKA_PRODUCER, properties());
    return;
  }
  client_ = make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", "127.0.0.1:1"}, {"log_level", "0"}});
  mock_ = rd_kafka_mock_cluster_new(client_, 1);
  require(mock_ != nullptr, "no mock cluster");
  bootstrap_ = rd_kafka_mock_cluster_bootstraps(mock_);
}

cluster::cluster(std::string bootstrap) : bootstrap_(std::move(bootstrap)) {
  // Silent: some tests take the brokers away.
  client_ = make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap_}, {"log_level", "0"}});
}

cluster::~cluster() {
  if (mock_ != nullptr) rd_kafka_mock_cluster_destroy(mock_);
  rd_kafka_destroy(client_);
}

rd_kafka_mock_cluster_t* cluster::mock() const {
  require(mock_ != nullptr, "a test of the mock cluster runs on a real one");
  return mock_;
}

std::string cluster::unique(const std::string& stem) const {
  static std::atomic<int> count = 0;
  return stem + "-" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

std::string cluster::make_topic(const std::string& stem, int partitions) {
  const auto name = unique(stem);
  create(name, partitions);
  return name;
}

void cluster::create(const std::string& topic, int partitions, const kafka::property_map& configuration) {
  if (mock_ != nullptr) {
    require(rd_kafka_mock_topic_create(mock_, topic.c_str(), partitions, 1) == RD_KAFKA_RESP_ERR_NO_ERROR, topic);
    return;
  }
  std::array<char, 256> text{};
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, text.data(), text.size());
  require(wanted != nullptr, text.data());
  for (const auto& [name, value] : configuration) rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  const auto error = ask_admin(
      client_, [&](rd_kafka_queue_t* answers) { rd_kafka_CreateTopics(client_, &wanted, 1, nullptr, answers); });
  rd_kafka_NewTopic_destroy(wanted);
  require(error.empty(), topic + ": " + error);
  // The broker's word comes before it knows the topic, and leads it, itself.
  const auto has_leaders = [&] {
    refresh_metadata(client_, topic);
    for (std::int32_t i = 0; i < partitions; ++i) {
      if (!stable_end(topic, i)) return false;
    }
    return true;
  };
  require(eventually(has_leaders, std::chrono::milliseconds(timeout_ms)), topic + ": no leader");
}

std::optional<std::int64_t> cluster::stable_end(const std::string& topic, std::int32_t partition) const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto error = rd_kafka_query_watermark_offsets(client_, topic.c_str(), partition, &low, &high, timeout_ms);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? std::optional(high) : std::nullopt;
}

void cluster::delete_records(const std::string& topic, std::int32_t partition, std::int64_t before) {
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = before;
  rd_kafka_DeleteRecords_t* wanted = rd_kafka_DeleteRecords_new(list);
  const auto error = ask_admin(
      client_, [&](rd_kafka_queue_t* answers) { rd_kafka_DeleteRecords(client_, &wanted, 1, nullptr, answers); });
  rd_kafka_DeleteRecords_destroy(wanted);
  rd_kafka_topic_partition_list_destroy(list);
  require(error.empty(), topic + ": " + error);
}

void cluster::produce(const std::string& topic, const std::vector<test_record>& records) {
  rd_kafka_t* const producer =
      make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap_}, {"linger.ms", "1"}, {"log_level", "0"}});
  for (const auto& each : records) put(producer, topic, each);
  const auto error = rd_kafka_flush(producer, timeout_ms);
  rd_kafka_destroy(producer);
  require(error == RD_KAFKA_RESP_ERR_NO_ERROR, "flush");
}

void cluster::produce_and_abort(const std::string& topic, const std::vector<test_record>& records) {
  const auto end_before = stable_end(topic, 0);
  require(end_before.has_value(), topic + ": no end");
  rd_kafka_t* const producer =
      make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap_}, {"transactional.id", unique("abort")}});
  require(rd_kafka_init_transactions(producer, timeout_ms) == nullptr, "init_transactions");
  require(rd_kafka_begin_transaction(producer) == nullptr, "begin_transaction");
  for (const auto& each : records) put(producer, topic, each);
  require(rd_kafka_flush(producer, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR, "flush");
  require(rd_kafka_abort_transaction(producer, timeout_ms) == nullptr, "abort_transaction");
  rd_kafka_destroy(producer);
  const auto mark = 1;  // which the coordinator writes after it has answered
  const auto end_behind = *end_before + static_cast<std::int64_t>(records.size()) + mark;
  require(eventually([&] { return stable_end(topic, 0) >= end_behind; }), "the mark of an abort");
}

void cluster::add_partitions(const std::string& topic, int partitions) {
  std::array<char, 256> text{};
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), text.data(), text.size());
  require(wanted != nullptr, text.data());
  const auto error = ask_admin(
      client_, [&](rd_kafka_queue_t* answers) { rd_kafka_CreatePartitions(client_, &wanted, 1, nullptr, answers); });
  rd_kafka_NewPartitions_destroy(wanted);
  require(error.empty(), topic + ": " + error);
}

std::optional<std::int64_t> cluster::committed(const std::string& group, const std::string& topic,
                                               std::int32_t partition) {
  rd_kafka_t* const asking =
      make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_}, {"group.id", group}, {"log_level", "0"}});
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
  eventually([&] {  // a busy broker's coordinator may move, or still be loading
    error = rd_kafka_committed(asking, list, timeout_ms);
    return error != RD_KAFKA_RESP_ERR_NOT_COORDINATOR && error != RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE &&
           error != RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
  });
  const auto offset = list->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(asking);
  require(error == RD_KAFKA_RESP_ERR_NO_ERROR, std::string("committed: ") + rd_kafka_err2str(error));
  return offset < 0 ? std::nullopt : std::optional(offset);
}

}  // namespace sendcode::tests
