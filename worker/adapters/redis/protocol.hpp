#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"

struct redisReader;

// RESP2. Replies are read by hiredis, which is seen in protocol.cpp alone; a command is a list of sizes and bytes, and
// written here: hiredis formats each size by sprintf, which cost more than the rest of a command.
namespace sendcode::redis {

// One command, put together argument by argument. Meant to be kept and cleared: then it allocates nothing.
class redis_command {
 public:
  void clear() noexcept;
  void wipe() noexcept;  // clear(), for what bore a secret
  redis_command& add(std::string_view argument);
  redis_command& add(std::int64_t number);
  template <std::size_t N>
  redis_command& add(const byte_array<N>& bytes) {
    return add(as_text(bytes));
  }
  // An argument of several pieces: begin(), append(…) as often as needed, end().
  redis_command& begin() noexcept;
  redis_command& append(std::string_view piece);
  redis_command& append(std::int64_t number);
  redis_command& append_bytes(std::uint64_t number, std::size_t size);  // little-endian, as scripts unpack it
  redis_command& end();
  void replace(std::size_t index, std::int64_t number);  // an argument that is known late

  std::size_t size() const noexcept { return arguments_.size(); }
  std::string_view argument(std::size_t index) const noexcept;
  void encode_onto(std::string& out) const;

 private:
  struct range {
    std::size_t from;
    std::size_t size;
  };
  std::string bytes_;
  std::vector<range> arguments_;
  std::size_t begun_ = 0;
};

struct redis_reply {
  enum class kind : std::uint8_t { nil, status, error, text, integer, array };

  kind type = kind::nil;
  std::string text;  // status, error and text
  std::int64_t integer = 0;
  std::vector<redis_reply> elements;

  bool is_error() const noexcept { return type == kind::error; }
  bool is_text() const noexcept { return type == kind::text || type == kind::status; }
};

constexpr std::size_t reply_bytes_max = 256 * 1024;
constexpr std::size_t reply_elements_max = 1024;

// Bytes in, replies out, in order.
class reply_reader {
 public:
  reply_reader();

  // False: what came is no RESP2, or is larger than we take; the connection is of no use any more.
  bool feed(std::string_view bytes);
  // Nothing: no whole reply is there yet. An error as in feed().
  std::expected<std::optional<redis_reply>, std::string> next();

 private:
  struct closer {
    void operator()(redisReader* reader) const noexcept;
  };
  std::unique_ptr<redis_reply> root_;  // hiredis builds a reply here: its address must not change
  std::unique_ptr<redisReader, closer> reader_;
};

}  // namespace sendcode::redis
