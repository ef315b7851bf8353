#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/secret.hpp"

// The few primitives that the project uses, all by OpenSSL. A failure inside OpenSSL here means no memory or a broken
// installation: it throws std::runtime_error.
namespace sendcode {

using digest = byte_array<32>;

digest sha256(std::string_view bytes);
digest hmac_sha256(std::string_view key, std::string_view bytes);
byte_array<20> hmac_sha1(std::string_view key, std::string_view bytes);        // for those who sign with it alone
digest hkdf_sha256(std::string_view key, std::string_view label);              // RFC 5869, no salt, 32 bytes
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;  // lengths may leak, contents don't
void fill_random(std::span<std::uint8_t> out);

// Several fields as one unambiguous byte string: each with its length, four bytes big-endian, before it.
class length_prefixed {
 public:
  length_prefixed& add(std::string_view field);
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace sendcode
