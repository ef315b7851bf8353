#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

#include "worker/adapters/kafka/handles.hpp"

namespace sendcode::kafka {

// What the last connection said when no broker answers: shared by error callback and caller, on one thread.
struct last_error {
  std::string text;
  static void remember(rd_kafka_t* client, int error, const char* text, void* self);
};

// How many partitions the topic has, within `at_most`. The error is a sentence for a person: no broker answers (and
// why), or no such topic.
std::expected<std::int32_t, std::string> count_partitions(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                          const last_error& said, std::chrono::milliseconds at_most);

}  // namespace sendcode::kafka
