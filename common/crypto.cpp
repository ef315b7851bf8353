#include "common/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdexcept>

namespace sendcode {
namespace {

const unsigned char* octets(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

digest sha256(std::string_view bytes) {
  digest out;
  if (SHA256(octets(bytes), bytes.size(), out.data()) == nullptr) throw std::runtime_error("SHA-256 failed");
  return out;
}

digest hmac_sha256(std::string_view key, std::string_view bytes) {
  digest out;
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(bytes), bytes.size(), out.data(), &size) ==
      nullptr) {
    throw std::runtime_error("HMAC-SHA-256 failed");
  }
  return out;
}

byte_array<20> hmac_sha1(std::string_view key, std::string_view bytes) {
  byte_array<20> out;
  unsigned int size = 0;
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), octets(bytes), bytes.size(), out.data(), &size) ==
      nullptr) {
    throw std::runtime_error("HMAC-SHA-1 failed");
  }
  return out;
}

digest hkdf_sha256(std::string_view key, std::string_view label) {
  // RFC 5869 with an empty salt; one block of output is all that 32 bytes need.
  const digest no_salt{};
  const digest pseudo_random_key = hmac_sha256(as_text(no_salt), key);
  std::string info(label);
  info += '\x01';
  return hmac_sha256(as_text(pseudo_random_key), info);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void fill_random(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) throw std::runtime_error("no random bytes");
}

length_prefixed& length_prefixed::add(std::string_view field) {
  const auto size = static_cast<std::uint32_t>(field.size());
  for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(size >> shift & 255U);
  bytes_ += field;
  return *this;
}

}  // namespace sendcode
