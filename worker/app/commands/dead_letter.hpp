#pragma once

#include <compare>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/adapters/kafka/record_writer.hpp"

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

// Where a dead letter stands on its topic.
struct letter_place {
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  auto operator<=>(const letter_place&) const = default;
};
inline letter_place place_of(const dead_letter& letter) {
  return {letter.partition, letter.offset};
}
std::string to_text(letter_place place);  // "0:17"
std::optional<letter_place> parse_letter_place(std::string_view text);

// Nothing: the record bears no such headers at its end, so the worker did not write it.
std::optional<dead_letter> to_dead_letter(const kafka::read_record& record);

// That a dead letter was put back: a record of the same topic and partition, which so stands there as long as the
// letter (schemas/dead-letter-replayed.headers.schema.json).
kafka::written_record to_replay_mark(const dead_letter& letter, const std::string& put_on_topic);
// The place of the letter that this record says was put back; nothing: it is no such mark.
std::optional<letter_place> marked_place(const kafka::read_record& record);

struct letter_style {
  bool colours = false;
  bool replayed = false;  // it was put back before
};
// For people and for programs; neither holds anything of the record itself, which may be a phone number.
std::string to_line(const dead_letter& letter, letter_style style = {});
nlohmann::ordered_json to_json(const dead_letter& letter);

}  // namespace sendcode::app
