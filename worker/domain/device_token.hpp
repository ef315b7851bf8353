#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/timestamp.hpp"

// What a sign-in page keeps in a cookie once a code was approved: proof that this device knew this phone (OWASP's
// device cookies).
namespace sendcode::domain {

constexpr std::chrono::days device_token_life{180};
constexpr std::string_view device_token_key_label = "sendcode device tokens v1";

// base64url of expiry (8 bytes, seconds, big-endian), `id` and an HMAC-SHA-256 over environment, phone (E.164), id and
// expiry.
std::string make_device_token(std::string_view key, std::string_view environment_id, std::string_view phone,
                              const byte_array<16>& id, timestamp now);
bool is_valid_device_token(std::string_view key, std::string_view environment_id, std::string_view phone,
                           std::string_view token, timestamp now);

}  // namespace sendcode::domain
