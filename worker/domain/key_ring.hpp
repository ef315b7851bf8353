#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/secret.hpp"
#include "common/timestamp.hpp"

// Keys that rotate without a gap (design §5, §13.2): one signs, all that are not yet too old check.
namespace sendcode::domain {

constexpr std::size_t ring_key_bytes_min = 32;
constexpr std::size_t ring_keys_max = 32;

struct ring_key {
  std::string id;  // [A-Za-z0-9_-]{1,64}; stands in Redis and in receipts' refs
  secret_ptr key;  // never used as it is: each use derives its own
  std::optional<timestamp> not_before;
  std::optional<timestamp> not_after;  // exclusive
};

enum class key_ring_error : std::uint8_t {
  no_keys,
  too_many_keys,
  id_twice,
  key_too_short,
  key_twice,
  ends_before_begin
};
std::string_view to_text(key_ring_error error) noexcept;

// Immutable; shared by threads.
class key_ring {
 public:
  static std::expected<key_ring, key_ring_error> make(std::vector<ring_key> keys);

  // The newest key that has begun and not ended; a ring's only key need not have begun. Null: every key has ended or
  // none has begun.
  const ring_key* signing_key(timestamp now) const noexcept;
  // The key for checking what it signed, until it ends. One that has not begun is found too: another worker's clock may
  // run ahead. Null: unknown.
  const ring_key* find(std::string_view id, timestamp now) const noexcept;

  // The same ring with each key replaced by its own for one use: HKDF-SHA-256 under `label`.
  key_ring derive(std::string_view label) const;

  const std::vector<ring_key>& keys() const noexcept { return keys_; }

 private:
  explicit key_ring(std::vector<ring_key> keys) : keys_(std::move(keys)) {}

  std::vector<ring_key> keys_;
};

}  // namespace sendcode::domain
