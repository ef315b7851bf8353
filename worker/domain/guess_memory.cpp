#include "worker/domain/guess_memory.hpp"

#include <algorithm>
#include <cstring>

#include "common/crypto.hpp"

namespace sendcode::domain {
namespace {

template <typename Out, std::size_t N>
Out first_bytes(const byte_array<N>& of) noexcept {
  static_assert(sizeof(Out) <= N);
  Out out{};
  std::memcpy(&out, of.data(), sizeof out);
  return out;
}

}  // namespace

std::size_t guess_memory::hash::operator()(const name& of) const noexcept {
  return first_bytes<std::size_t>(of);  // names are random, or hashes
}

template <typename Value>
Value& guess_memory::recent<Value>::at(const name& of) {
  const auto found = values_.find(of);
  if (found != values_.end()) return found->second;
  if (order_.size() == most_) {
    values_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(of);
  return values_[of];
}

template <typename Value>
const Value* guess_memory::recent<Value>::find(const name& of) const {
  const auto found = values_.find(of);
  return found == values_.end() ? nullptr : &found->second;
}

bool guess_memory::admit(std::string_view environment_id, std::string_view challenge_id, const byte_array<16>& token) {
  const digest challenge = sha256(length_prefixed().add(environment_id).add(challenge_id).bytes());
  auto& seen = guesses_.at(first_bytes<name>(challenge));
  const auto guess = first_bytes<std::uint64_t>(token);
  if (std::ranges::find(seen, guess) != seen.end()) return true;
  if (seen.size() == guesses_remembered_max) return false;
  seen.push_back(guess);
  return true;
}

void guess_memory::use_up(const byte_array<32>& nonce, const byte_array<16>& token) {
  used_.at(first_bytes<name>(nonce)) = token;
}

bool guess_memory::is_used_up(const byte_array<32>& nonce, const byte_array<16>& token) const {
  const auto* by = used_.find(first_bytes<name>(nonce));
  return by != nullptr && *by != token;
}

}  // namespace sendcode::domain
