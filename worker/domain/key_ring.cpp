#include "worker/domain/key_ring.hpp"

#include <algorithm>

#include "common/crypto.hpp"

namespace sendcode::domain {
namespace {

bool has_ended(const code_key& key, timestamp now) {
  return key.not_after && *key.not_after <= now;
}

}  // namespace

const code_key* key_ring::signing_key(timestamp now) const {
  if (keys_.size() == 1 && !has_ended(keys_.front(), now)) return &keys_.front();
  const code_key* newest = nullptr;
  for (const auto& key : keys_) {
    if (key.not_before > now || has_ended(key, now)) continue;
    if (newest == nullptr || key.not_before > newest->not_before) newest = &key;
  }
  return newest;
}

const code_key* key_ring::find(std::string_view id, timestamp now) const {
  const auto found = std::ranges::find(keys_, id, &code_key::id);
  return found == keys_.end() || has_ended(*found, now) ? nullptr : &*found;
}

key_ring key_ring::derive(std::string_view label) const {
  std::vector<code_key> derived;
  derived.reserve(keys_.size());
  for (const auto& key : keys_) {
    const digest bytes = hkdf_sha256(key.key->expose(), label);
    derived.push_back(
        {key.id, std::make_shared<const secret>(std::string(as_text(bytes))), key.not_before, key.not_after});
  }
  return key_ring(std::move(derived));
}

}  // namespace sendcode::domain
