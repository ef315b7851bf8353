#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/domain/record_header.hpp"

// What the pipeline needs of the log that brings events and takes statuses.
namespace sendcode::ports {

using header = domain::record_header;

// One assignment of one partition to us. Shared by its records; set by the thread that polls, read by the shards.
struct assignment;

// Where a record stands: enough to complete it, even late. A late one of an earlier assignment moves nothing.
struct record_position {
  std::shared_ptr<assignment> held_by;
  std::uint64_t sequence = 0;  // counts this assignment's records: offsets have gaps
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

// True once the partition was revoked or lost: a record that was not started is dropped, for it is another member's
// now. Any thread.
bool is_revoked(const assignment& held_by) noexcept;

// True while the partition's open span is full and this record stands where it must become shorter: if its event is
// held, it ends now. Any thread.
bool must_make_room(const record_position& position) noexcept;

// A record as it came. The views live as long as the object; move-only.
struct incoming_record {
  std::unique_ptr<void, void (*)(void*)> owner{nullptr, [](void*) {}};
  std::optional<std::string_view> key;
  std::string_view value;
  std::vector<header> headers;
  std::optional<timestamp> appended_at;  // the record's timestamp
  record_position position;
};

enum class topic : std::uint8_t { delivery_status, dead_letter };

struct outgoing_record {
  ports::topic topic = topic::delivery_status;
  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string value;
  bool null_value = false;  // a dead letter whose value is too large to copy
  // Goes out in its place where the log refuses it for its size: it would be refused again for ever. Null: nothing
  // does.
  std::shared_ptr<const outgoing_record> if_too_large{};
  // Called once the log has it, on a thread of the log's that must not wait; never, where the record is given up.
  std::function<void()> acknowledged{};
};

// Statuses out, completions back. Any thread; never waits.
class event_stream {
 public:
  virtual ~event_stream() = default;
  // Produces the record, again and again until the log has acknowledged it; then the event at `completes`, if any, is
  // complete and its offset may be committed.
  virtual void publish(outgoing_record record, std::optional<record_position> completes) = 0;
  // The event was not started and is another member's now: it no longer counts as open here.
  virtual void drop(record_position position) = 0;
};

// A shard's inbox. Called on the thread that polls; takes the batch to its own thread.
class record_sink {
 public:
  virtual ~record_sink() = default;
  virtual void accept(std::vector<incoming_record> batch) = 0;
};

}  // namespace sendcode::ports
