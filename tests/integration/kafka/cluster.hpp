#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/adapters/kafka/properties.hpp"

namespace sendcode::tests {

// How long anything may take before a test gives up on it: a group's first rebalance alone takes 3 s.
constexpr std::chrono::seconds patience{30};

// True once the condition holds; false if it still doesn't when patience is over.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds at_most = patience);

struct test_record {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int32_t partition = RD_KAFKA_PARTITION_UA;
};

// A Kafka to test against: librdkafka's mock cluster in this process, or the real one that KAFKA_BOOTSTRAP names.
class cluster {
 public:
  cluster();
  explicit cluster(std::string bootstrap);  // this real one
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  static bool is_real();
  rd_kafka_mock_cluster_t* mock() const;  // a real one has none: the test fails

  const std::string& bootstrap() const { return bootstrap_; }
  kafka::property_map properties() const { return {{"bootstrap.servers", bootstrap_}}; }

  std::string unique(const std::string& stem) const;
  std::string make_topic(const std::string& stem, int partitions);
  // Waits until every partition has its leader.
  void create(const std::string& topic, int partitions, const kafka::property_map& configuration = {});
  void produce(const std::string& topic, const std::vector<test_record>& records);
  // In a transaction that is given up: they take offsets, and no reader sees them. A real cluster only.
  void produce_and_abort(const std::string& topic, const std::vector<test_record>& records);
  void add_partitions(const std::string& topic, int partitions);  // up to this many; a real cluster only
  // Everything before this offset is gone from the log. A real cluster only.
  void delete_records(const std::string& topic, std::int32_t partition, std::int64_t before);
  std::optional<std::int64_t> committed(const std::string& group, const std::string& topic, std::int32_t partition);

 private:
  // Where readers of what was committed find the end: not past a transaction whose mark is not written yet.
  std::optional<std::int64_t> stable_end(const std::string& topic, std::int32_t partition) const;

  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* mock_ = nullptr;
  std::string bootstrap_;
};

}  // namespace sendcode::tests
