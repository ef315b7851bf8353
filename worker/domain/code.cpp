#include "worker/domain/code.hpp"

#include <algorithm>

namespace sendcode::domain {
namespace {

constexpr std::uint32_t codes = 1'000'000;
constexpr std::uint32_t unbiased_below = 4'294'000'000;  // the largest multiple of `codes` in 32 bits

}  // namespace

code::code(std::uint32_t value) noexcept {
  for (std::size_t i = digit_count; i-- > 0; value /= 10) digits_[i] = static_cast<char>('0' + value % 10);
}

bool is_code_shaped(std::string_view text) noexcept {
  return text.size() == code::digit_count && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

code derive_code(std::string_view key, const code_binding& binding, const byte_array<32>& nonce) {
  length_prefixed input;
  input.add(binding.environment_id)
      .add(binding.application_id)
      .add(to_text(binding.purpose))
      .add(binding.phone)
      .add(binding.user_id)
      .add(binding.challenge_id)
      .add(as_text(nonce));
  digest mac = hmac_sha256(key, input.bytes());
  while (true) {
    for (std::size_t i = 0; i < mac.size(); i += 4) {
      const std::uint32_t word = static_cast<std::uint32_t>(mac[i]) << 24 |
                                 static_cast<std::uint32_t>(mac[i + 1]) << 16 |
                                 static_cast<std::uint32_t>(mac[i + 2]) << 8 | static_cast<std::uint32_t>(mac[i + 3]);
      if (word < unbiased_below) {
        wipe(mac.data(), mac.size());
        return code(word % codes);
      }
    }
    mac = hmac_sha256(key, as_text(mac));
  }
}

}  // namespace sendcode::domain
