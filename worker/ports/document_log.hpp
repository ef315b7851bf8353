#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// What settings need of a compacted topic: the last record of each key is what stands there.
namespace sendcode::ports {

// Views that live as long as the call.
struct document_record {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // nothing: what stood under the key is gone
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

class document_log {
 public:
  class sink {
   public:
    virtual ~sink() = default;
    // What follows is everything that stands there, from the first record on: at the start, and whenever reading had to
    // start over.
    virtual void begin() = 0;
    // Each partition's records in their order.
    virtual void take(const document_record& record) = 0;
    // Everything has come that stood there when it began; what changes from now on follows.
    virtual void whole() = 0;
  };

  virtual ~document_log() = default;
  // Hands over what has come since the last call, without waiting for more. One thread.
  virtual void poll(sink& to) = 0;
};

}  // namespace sendcode::ports
