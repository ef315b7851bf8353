#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"

// Authenticated encryption: AES-256-GCM by OpenSSL. As in crypto.hpp, a failure inside OpenSSL throws.
namespace sendcode {

constexpr std::size_t sealing_key_size = 32;
constexpr std::size_t sealing_tag_size = 16;  // so much longer is what is sealed
using sealing_nonce = byte_array<12>;         // never twice under a key

// `bound` is not inside, but must be the same when it is opened.
std::string seal(std::string_view key, const sealing_nonce& nonce, std::string_view text, std::string_view bound);
// Nothing: it was not sealed so, or has been changed.
std::optional<std::string> unseal(std::string_view key, const sealing_nonce& nonce, std::string_view sealed,
                                  std::string_view bound);

}  // namespace sendcode
