#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/adapters/kafka/properties.hpp"

namespace sendcode::kafka {

struct written_record {
  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> value;         // nothing: a null value, which deletes a key of a compacted topic
  std::optional<std::int32_t> partition{};  // nothing: as the key says
  std::optional<timestamp> at{};            // nothing: now
};

// Puts records on a topic for command line programs: blocking, bounded. One thread.
class record_writer {
 public:
  // Finds the topic, within `at_most`. The error says what is wrong in one sentence: a property, no broker, no such
  // topic.
  static std::expected<record_writer, std::string> open(const property_map& properties, const std::string& topic,
                                                        std::chrono::milliseconds at_most);
  record_writer(record_writer&&) noexcept;
  record_writer& operator=(record_writer&&) noexcept;
  ~record_writer();

  // Produces them in order and waits until Kafka has acknowledged each. The error is the first record's that failed;
  // others may have been taken.
  std::expected<void, std::string> write(const std::vector<written_record>& records, std::chrono::milliseconds at_most);

 private:
  struct state;
  explicit record_writer(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sendcode::kafka
