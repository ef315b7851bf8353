#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::app {

// A record of the dead-letter topic: what the worker wrote of it, and the record as it came.
struct dead_letter {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::optional<timestamp> appended_at;
  std::string error;
  std::string detail;
  std::string source_topic;
  std::string source_partition;
  std::string source_offset;
  std::string left_out_bytes;  // the size of a value that was too large to copy; empty: it is here

  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::string>> headers;  // without the worker's own
  std::optional<std::string> value;

  bool can_be_replayed() const { return left_out_bytes.empty(); }
};

// Nothing: the record bears no such headers at its end, so the worker did not write it.
std::optional<dead_letter> to_dead_letter(const kafka::read_record& record);

// For people and for programs; neither holds anything of the record itself, which may be a phone number.
std::string to_line(const dead_letter& letter);
nlohmann::ordered_json to_json(const dead_letter& letter);

}  // namespace sendcode::app
