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

// A topic that was just made has no leader yet: both of these ask again until the deadline.

// How many partitions the topic has. The error is a sentence for a person: no broker answers (and why), or no such
// topic.
std::expected<std::int32_t, std::string> count_partitions(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                          const last_error& said,
                                                          std::chrono::steady_clock::time_point deadline);

// Offsets of a partition's first record and of the next one to come.
struct watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};
std::expected<watermarks, std::string> query_watermarks(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                        std::int32_t partition,
                                                        std::chrono::steady_clock::time_point deadline);

// What is left until the deadline, rounded up; not below zero.
std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point deadline);

}  // namespace sendcode::kafka
