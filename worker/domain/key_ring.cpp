#include "worker/domain/key_ring.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/crypto.hpp"

namespace sendcode::domain {
namespace {

bool has_ended(const ring_key& key, timestamp now) noexcept {
  return key.not_after && now >= *key.not_after;
}

timestamp begin_of(const ring_key& key) noexcept {
  return key.not_before.value_or(timestamp::min());
}

}  // namespace

std::string_view to_text(key_ring_error error) noexcept {
  switch (error) {
    case key_ring_error::no_keys:
      return "at least one key";
    case key_ring_error::too_many_keys:
      return "at most 32 keys";
    case key_ring_error::id_twice:
      return "an id that no other key has";
    case key_ring_error::key_too_short:
      return "a key of at least 32 bytes";
    case key_ring_error::key_twice:
      return "a key of its own";
    case key_ring_error::ends_before_begin:
      break;
  }
  return "a not_after that is later than not_before";
}

std::expected<key_ring, key_ring_error> key_ring::make(std::vector<ring_key> keys) {
  if (keys.empty()) return std::unexpected(key_ring_error::no_keys);
  if (keys.size() > ring_keys_max) return std::unexpected(key_ring_error::too_many_keys);
  for (auto at = keys.begin(); at != keys.end(); ++at) {
    if (at->key == nullptr || at->key->expose().size() < ring_key_bytes_min) {
      return std::unexpected(key_ring_error::key_too_short);
    }
    if (at->not_before && at->not_after && *at->not_after <= *at->not_before) {
      return std::unexpected(key_ring_error::ends_before_begin);
    }
    for (auto other = keys.begin(); other != at; ++other) {
      if (other->id == at->id) return std::unexpected(key_ring_error::id_twice);
      if (equal_in_constant_time(other->key->expose(), at->key->expose())) {
        return std::unexpected(key_ring_error::key_twice);
      }
    }
  }
  return key_ring(std::move(keys));
}

key_ring key_ring::derive(std::string_view label) const {
  auto derived = keys_;
  for (auto& key : derived) {
    digest bytes = hkdf_sha256(key.key->expose(), label);
    key.key = std::make_shared<const secret>(std::string(as_text(bytes)));
    wipe(bytes.data(), bytes.size());
  }
  return key_ring(std::move(derived));
}

const ring_key* key_ring::signing_key(timestamp now) const noexcept {
  const ring_key* newest = nullptr;
  for (const auto& key : keys_) {
    const bool begun = keys_.size() == 1 || begin_of(key) <= now;
    if (!begun || has_ended(key, now)) continue;
    // Of two that begin together the later in the file: every worker picks the same one.
    if (newest == nullptr || begin_of(key) >= begin_of(*newest)) newest = &key;
  }
  return newest;
}

const ring_key* key_ring::find(std::string_view id, timestamp now) const noexcept {
  const auto found = std::ranges::find(keys_, id, &ring_key::id);
  return found == keys_.end() || has_ended(*found, now) ? nullptr : &*found;
}

}  // namespace sendcode::domain
