#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/integration/redis/redis_server.hpp"

namespace sendcode::e2e {

// An Apache Kafka of its own, by deploy/local/kafka, in a temporary folder; it ends with its owner.
class kafka_server {
 public:
  explicit kafka_server(std::uint16_t port);  // not started yet
  ~kafka_server();
  kafka_server(const kafka_server&) = delete;
  kafka_server& operator=(const kafka_server&) = delete;

  void start();
  void kill();  // SIGKILL; start goes on with the same data
  std::filesystem::path data() const { return folder_.path() / "data"; }
  std::string bootstrap() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int run(const std::string& command);

  redis_tests::temporary_folder folder_;
  std::uint16_t port_;
};

// The Kafka of all test cases: KAFKA_BOOTSTRAP's, else one of this program's own, which lives as long as it. Sets
// KAFKA_BOOTSTRAP.
const std::string& shared_kafka();

}  // namespace sendcode::e2e
