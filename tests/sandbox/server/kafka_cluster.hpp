#pragma once

#include <memory>
#include <string>

namespace sendcode::sandbox {

// librdkafka's mock cluster with sendcode's four topics, on a port of its own choosing; in memory, gone with the
// object.
class kafka_cluster {
 public:
  explicit kafka_cluster(int partitions);  // of each topic but sms.settings, which has one; throws std::runtime_error
  ~kafka_cluster();
  kafka_cluster(const kafka_cluster&) = delete;
  kafka_cluster& operator=(const kafka_cluster&) = delete;

  std::string bootstrap() const;

 private:
  struct handles;
  std::unique_ptr<handles> handles_;
};

}  // namespace sendcode::sandbox
