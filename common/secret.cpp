#include "common/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace sendcode {

void wipe(void* data, std::size_t size) noexcept {
  OPENSSL_cleanse(data, size);
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // within the capacity: never allocates
  wipe(text.data(), text.size());
  text.clear();
}

secret::secret(secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
  wipe(other.bytes_);
}

secret& secret::operator=(secret&& other) noexcept {
  if (this != &other) {
    wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    wipe(other.bytes_);  // a short string is copied by a move
  }
  return *this;
}

}  // namespace sendcode
