#include "common/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
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

void must(int done) {
  if (done != 1) throw std::runtime_error("SHA-256 failed");
}

// Begun anew. The algorithm is fetched once, and each thread keeps one context: to find or to make one costs OpenSSL 3
// more than to hash a short text.
EVP_MD_CTX* begin_sha256() {
  static const std::unique_ptr<EVP_MD, freed_by<EVP_MD_free>> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  static thread_local const std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  must(EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr));
  return context.get();
}

digest hash(std::string_view first, std::string_view second) {
  digest out;
  EVP_MD_CTX* const context = begin_sha256();
  must(EVP_DigestUpdate(context, first.data(), first.size()));
  must(EVP_DigestUpdate(context, second.data(), second.size()));
  must(EVP_DigestFinal_ex(context, out.data(), nullptr));
  return out;
}

}  // namespace

digest sha256(std::string_view bytes) {
  return hash(bytes, {});
}

// RFC 2104. OpenSSL's own costs three times as much for short texts.
digest hmac_sha256(std::string_view key, std::string_view bytes) {
  constexpr std::size_t block_size = 64;
  if (key.size() > block_size) return hmac_sha256(as_text(sha256(key)), bytes);
  byte_array<block_size> block{};
  const auto padded_key = [&](std::uint8_t pad) {
    block.fill(pad);
    for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<std::uint8_t>(octets(key)[i] ^ pad);
    return as_text(block);
  };
  digest inner = hash(padded_key(0x36), bytes);
  const digest out = hash(padded_key(0x5c), as_text(inner));
  wipe(block.data(), block.size());
  wipe(inner.data(), inner.size());
  begin_sha256();  // forgets what it hashed last
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
  const char prefix[] = {static_cast<char>(size >> 24 & 255U), static_cast<char>(size >> 16 & 255U),
                         static_cast<char>(size >> 8 & 255U), static_cast<char>(size & 255U)};
  bytes_.append(prefix, sizeof prefix).append(field);
  return *this;
}

}  // namespace sendcode
