#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sendcode::redis {

struct redis_address {
  std::string host;  // name or address; IPv6 without its brackets
  std::uint16_t port = 6379;
  bool tls = false;

  bool operator==(const redis_address&) const = default;
};

// "redis.example.com:6379", for logs.
std::string to_text(const redis_address& address);

// The other way round is not the same: a cluster writes IPv6 without brackets, so that the last colon divides, and
// leaves the host out where it does not know its own. Nothing: not host and port.
std::optional<redis_address> read_announced(std::string_view text, bool tls);

}  // namespace sendcode::redis
