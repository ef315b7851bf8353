#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/ports/event_stream.hpp"

namespace sendcode::kafka {

// Views that live as long as the callback.
struct read_record {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // nothing: a null value
  const std::vector<ports::header>& headers;
  std::optional<timestamp> appended_at;
  std::int32_t partition;
  std::int64_t offset;
};

// Where reading starts: at the end as it is when open() returns, at the beginning, at the first record of a time or
// later, or at an offset of one partition, while the others start at their end.
struct read_from {
  enum class kind : std::uint8_t { end, beginning, time, offset };
  kind where = kind::end;
  timestamp since{};
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

enum class read_result : std::uint8_t {
  stopped,  // the callback said so
  timed_out,
  at_end,  // everything that was there when open() returned has been read; only if asked for
};

// Reads every partition of a topic for command line programs, without a group: it commits nothing and disturbs nobody.
// Blocking, bounded. One thread.
class record_reader {
 public:
  // Finds the topic and fixes the positions, within `at_most`: a record appended after it returns is read. The error is
  // a sentence for a person.
  static std::expected<record_reader, std::string> open(const property_map& properties, const std::string& topic,
                                                        read_from from, std::chrono::milliseconds at_most);
  record_reader(record_reader&&) noexcept;
  record_reader& operator=(record_reader&&) noexcept;
  ~record_reader();

  // Calls back for each record until it returns false, `at_most` is over or, with `until_end`, all is read that was
  // there at open(). Order holds within a partition. The error is a failure that librdkafka doesn't get over by itself.
  std::expected<read_result, std::string> read(const std::function<bool(const read_record&)>& each,
                                               std::chrono::milliseconds at_most, bool until_end = false);

  // As it was at open(): they are numbered from 0.
  std::int32_t partition_count() const noexcept;

  // Whether the topic has the partitions that it had at open(); asks Kafka. The error says why it doesn't answer.
  std::expected<bool, std::string> is_unchanged(std::chrono::milliseconds at_most);

 private:
  struct state;
  explicit record_reader(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sendcode::kafka
