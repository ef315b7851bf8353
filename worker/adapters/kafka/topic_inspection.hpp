#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "worker/adapters/kafka/properties.hpp"

namespace sendcode::kafka {

struct topic_state {
  std::string name;
  std::string error;  // "Broker: Unknown topic or partition"; empty: it is there
  std::int32_t partitions = 0;
  std::int32_t replicas_least = 0;  // of the partition that has fewest
  std::int32_t in_sync_least = 0;
  std::int32_t without_leader = 0;  // so many partitions
  // Its configuration as in force, such as retention.ms; nothing: Kafka doesn't tell (no right to, or a mock cluster).
  std::optional<std::map<std::string, std::string>> configuration;
};

struct topics_state {
  std::size_t brokers = 0;
  std::vector<topic_state> topics;  // as they were asked for
};

// Asks Kafka about each topic; blocking, each question within `at_most`. A broker that does not answer one about a
// configuration is asked for no other. The error says why Kafka cannot be reached.
std::expected<topics_state, std::string> inspect_topics(const property_map& properties,
                                                        const std::vector<std::string>& topics,
                                                        std::chrono::milliseconds at_most);

}  // namespace sendcode::kafka
