#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/timestamp.hpp"

namespace sendcode::redis {

// What a Redis says of itself.
struct redis_state {
  timestamp now{};                          // its clock, at some moment of the call
  std::string memory_policy{};              // empty: our user may not know
  std::optional<std::uint64_t> used_bytes;  // nothing: the same
  std::optional<std::uint64_t> most_bytes;  // maxmemory; 0: none is set
};

}  // namespace sendcode::redis
