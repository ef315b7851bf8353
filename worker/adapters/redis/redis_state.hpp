#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/timestamp.hpp"

namespace sendcode::redis {

// What a master says of itself.
struct redis_state {
  std::string address{};                      // `127.0.0.1:6379`
  std::string error{};                        // why it cannot be used; then nothing below is told
  timestamp now{};                            // its clock, at some moment of a question
  timestamp asked_at{};                       // this machine's, in the middle of that question
  std::chrono::microseconds latency{0};       // how long that question took
  std::string memory_policy{};                // empty: our user may not know
  std::optional<std::uint64_t> used_bytes{};  // nothing: the same
  std::optional<std::uint64_t> most_bytes{};  // maxmemory; 0: none is set
};

}  // namespace sendcode::redis
