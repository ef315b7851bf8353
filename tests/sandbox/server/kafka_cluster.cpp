#include "tests/sandbox/server/kafka_cluster.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <stdexcept>

namespace sendcode::sandbox {

// The mock cluster needs a client for its bookkeeping, which must outlive it.
struct kafka_cluster::handles {
  rd_kafka_t* client = nullptr;
  rd_kafka_mock_cluster_t* cluster = nullptr;

  ~handles() {
    if (cluster != nullptr) rd_kafka_mock_cluster_destroy(cluster);
    if (client != nullptr) rd_kafka_destroy(client);
  }
};

kafka_cluster::kafka_cluster(int partitions) : handles_(std::make_unique<handles>()) {
  std::array<char, 512> error{};
  rd_kafka_conf_t* configuration = rd_kafka_conf_new();
  // Errors alone: it would warn that it knows no broker, which it never needs.
  rd_kafka_conf_set(configuration, "log_level", "3", error.data(), error.size());
  handles_->client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, error.data(), error.size());
  if (handles_->client == nullptr) {
    rd_kafka_conf_destroy(configuration);  // rd_kafka_new takes it only when it succeeds
    throw std::runtime_error(std::string("librdkafka does not start: ") + error.data());
  }
  handles_->cluster = rd_kafka_mock_cluster_new(handles_->client, 1);
  if (handles_->cluster == nullptr) throw std::runtime_error("librdkafka's mock cluster does not start");
  struct topic {
    const char* name;
    int partitions;
  };
  const std::array topics = {topic{"sms.send-code", partitions}, topic{"sms.delivery-status", partitions},
                             topic{"sms.send-code.dead-letter", partitions}, topic{"sms.settings", 1}};
  for (const topic& one : topics) {
    const auto result = rd_kafka_mock_topic_create(handles_->cluster, one.name, one.partitions, 1);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error(std::string("cannot create ") + one.name + ": " + rd_kafka_err2str(result));
    }
  }
}

kafka_cluster::~kafka_cluster() = default;

std::string kafka_cluster::bootstrap() const {
  return rd_kafka_mock_cluster_bootstraps(handles_->cluster);
}

}  // namespace sendcode::sandbox
