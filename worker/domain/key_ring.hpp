#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/secret.hpp"
#include "common/timestamp.hpp"

namespace sendcode::domain {

struct code_key {
  std::string id;
  secret_ptr key;  // at least key_bytes_min
  timestamp not_before;
  std::optional<timestamp> not_after;
};

constexpr std::size_t key_bytes_min = 32;

// Keys that follow one another: the newest whose time has come signs, older ones still check until their `not_after`.
// Immutable; any thread.
class key_ring {
 public:
  explicit key_ring(std::vector<code_key> keys) : keys_(std::move(keys)) {}

  // The newest key whose `not_before` has come and that has not ended; a ring's only key signs at once. Null: none.
  const code_key* signing_key(timestamp now) const;
  // The key by its id, unless it has ended. Null: unknown, or over.
  const code_key* find(std::string_view id, timestamp now) const;

  // The same ring with keys of its own for one use: HKDF-SHA-256 with `label`.
  key_ring derive(std::string_view label) const;

  const std::vector<code_key>& keys() const noexcept { return keys_; }

 private:
  std::vector<code_key> keys_;
};

}  // namespace sendcode::domain
