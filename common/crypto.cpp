#include "common/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

#include "common/bytes.hpp"

namespace sendcode {
namespace {

template <auto Free>
struct freed_by {
  void operator()(auto* object) const noexcept { Free(object); }
};
using mac_context = std::unique_ptr<EVP_MAC_CTX, freed_by<EVP_MAC_CTX_free>>;

// Algorithms are fetched once: to find one by its name costs OpenSSL 3 about as much as to hash a short text.
const EVP_MD* sha256_algorithm() {
  static const std::unique_ptr<EVP_MD, freed_by<EVP_MD_free>> fetched(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return fetched.get();
}

// Without a key, to be copied.
const EVP_MAC_CTX* hmac_sha256_blank() {
  static const mac_context blank = [] {
    const std::unique_ptr<EVP_MAC, freed_by<EVP_MAC_free>> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                     OSSL_PARAM_construct_end()};
    mac_context made(EVP_MAC_CTX_new(hmac.get()));
    if (!made || EVP_MAC_CTX_set_params(made.get(), parameters) != 1) made.reset();
    return made;
  }();
  return blank.get();
}

}  // namespace

digest sha256(std::string_view bytes) {
  digest out;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, sha256_algorithm(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return out;
}

digest hmac_sha256(std::string_view key, std::string_view bytes) {
  digest out;
  std::size_t size = 0;
  const EVP_MAC_CTX* const blank = hmac_sha256_blank();
  const mac_context made(blank == nullptr ? nullptr : EVP_MAC_CTX_dup(blank));
  if (!made || EVP_MAC_init(made.get(), octets(key), key.size(), nullptr) != 1 ||
      EVP_MAC_update(made.get(), octets(bytes), bytes.size()) != 1 ||
      EVP_MAC_final(made.get(), out.data(), &size, out.size()) != 1) {
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
