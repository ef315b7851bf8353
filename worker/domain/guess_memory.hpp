#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/bytes.hpp"

namespace sendcode::domain {

constexpr std::size_t guesses_remembered_max = 20;  // of a challenge: more there are not, whatever the store says
constexpr std::size_t challenges_remembered_max = 32'768;  // the latest; some 4 MiB at most
constexpr std::size_t codes_remembered_max = 32'768;

// What one worker knows of guesses by itself, so that a store that forgot what it had acknowledged can neither revive a
// code that was used nor give guesses without end (design §5). Bounded: the oldest goes first. A guess is told apart by
// its token, so that the same one asked again is no other.
class guess_memory {
 public:
  explicit guess_memory(std::size_t challenges_max = challenges_remembered_max,
                        std::size_t codes_max = codes_remembered_max)
      : guesses_(challenges_max), used_(codes_max) {}

  // Remembers a guess that the store has counted. False: the challenge had guesses_remembered_max others.
  bool admit(std::string_view environment_id, std::string_view challenge_id, const byte_array<16>& token);
  // A code, by its nonce, that a guess has used up; and whether another one than `token`'s has.
  void use_up(const byte_array<32>& nonce, const byte_array<16>& token);
  bool is_used_up(const byte_array<32>& nonce, const byte_array<16>& token) const;

 private:
  using name = byte_array<16>;
  struct hash {
    std::size_t operator()(const name& of) const noexcept;
  };

  // The latest values by name.
  template <typename Value>
  class recent {
   public:
    explicit recent(std::size_t most) : most_(most) {}
    Value& at(const name& of);  // new: the oldest goes
    const Value* find(const name& of) const;

   private:
    std::size_t most_;
    std::unordered_map<name, Value, hash> values_;
    std::deque<name> order_;
  };

  recent<std::vector<std::uint64_t>> guesses_;  // by challenge: the first half of each token
  recent<byte_array<16>> used_;                 // by the first half of the nonce: the token
};

}  // namespace sendcode::domain
