#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/timestamp.hpp"

namespace sendcode::redis {

// What a master says of itself. What is not there, our user may not know.
struct redis_state {
  std::string address{};                       // `127.0.0.1:6379`
  std::string error{};                         // why it cannot be used; then nothing below is told
  timestamp now{};                             // its clock, at some moment of a question
  timestamp asked_at{};                        // this machine's, in the middle of that question
  std::chrono::microseconds latency{0};        // how long a question took: the middle one of several
  std::chrono::microseconds latency_worst{0};  // and the slowest
  std::string version{};                       // "7.0.15"
  std::string memory_policy{};                 // noeviction
  std::optional<std::uint64_t> used_bytes{};   // of memory
  std::optional<std::uint64_t> most_bytes{};   // maxmemory; 0: none is set
  std::optional<std::uint64_t> replicas{};     // connected
  std::optional<bool> appends{};               // to an append-only file
  std::optional<bool> takes_snapshots{};       // by itself, as its `save` says
  std::string append_status{};                 // of the last write there: ok, err
  std::string snapshot_status{};               // of the last snapshot
};

using slot_range = std::pair<std::uint16_t, std::uint16_t>;  // first and last

struct redis_states {
  std::vector<redis_state> masters{};        // never empty: where none is known, one says why
  std::optional<bool> is_whole{};            // of a cluster's slots; nothing: it is none, or nobody tells
  std::vector<slot_range> without_master{};  // those of its slots that nobody serves
};

}  // namespace sendcode::redis
