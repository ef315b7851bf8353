#pragma once

#include <array>
#include <string_view>

#include "common/bytes.hpp"
#include "common/crypto.hpp"
#include "worker/domain/event.hpp"

namespace sendcode::domain {

// Six decimal digits. Cannot be printed; wiped when it goes.
class code {
 public:
  static constexpr std::size_t digit_count = 6;

  explicit code(std::uint32_t value) noexcept;  // below 1,000,000
  code(const code&) = default;
  code& operator=(const code&) = default;
  ~code() { wipe(digits_.data(), digits_.size()); }

  std::string_view expose() const noexcept { return {digits_.data(), digits_.size()}; }

 private:
  std::array<char, digit_count> digits_{};
};

// Exactly six ASCII digits.
bool is_code_shaped(std::string_view text) noexcept;

// What a code is bound to. Phone is E.164; user is empty where the event had none.
struct code_binding {
  std::string_view environment_id;
  std::string_view application_id;
  domain::purpose purpose = domain::purpose::sign_in;
  std::string_view phone;
  std::string_view user_id;
  std::string_view challenge_id;
};

// HMAC-SHA-256(key, binding and nonce, each length-prefixed), brought down to six digits by rejection sampling: the MAC
// is read as 32-bit big-endian words; the first below 4,294,000,000 counts, modulo 1,000,000. Should all eight be
// above, the MAC of the MAC follows. `key` is the ring key's own for codes: HKDF with code_key_label.
constexpr std::string_view code_key_label = "sendcode codes v1";
code derive_code(std::string_view key, const code_binding& binding, const byte_array<32>& nonce);

}  // namespace sendcode::domain
