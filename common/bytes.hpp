#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

// Text forms of bytes. Decoders take the strict form alone: no white space, no missing or extra padding.
namespace sendcode {

template <std::size_t N>
using byte_array = std::array<std::uint8_t, N>;

template <std::size_t N>
std::string_view as_text(const byte_array<N>& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

// As OpenSSL takes them.
inline const unsigned char* octets(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* octets(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

enum class encoding_error : std::uint8_t { bad_length, bad_character };

std::string to_hex(std::string_view bytes);  // lower case
std::expected<std::string, encoding_error> from_hex(std::string_view hex);
std::string to_base64(std::string_view bytes);
std::expected<std::string, encoding_error> from_base64(std::string_view text);
std::string to_base64url(std::string_view bytes);  // no padding (RFC 4648 §5)
std::expected<std::string, encoding_error> from_base64url(std::string_view text);

// application/x-www-form-urlencoded: appends `text` to `out` (a space becomes '+').
void append_form_encoded(std::string& out, std::string_view text);
std::expected<std::string, encoding_error> from_form_encoded(std::string_view text);

std::string to_big_endian(std::uint64_t value);                  // 8 bytes
std::uint64_t from_big_endian(std::string_view bytes) noexcept;  // at most 8 bytes

bool is_valid_utf8(std::string_view text) noexcept;         // no surrogates, no overlong forms, at most U+10FFFF
std::size_t characters_of(std::string_view utf8) noexcept;  // as JSON Schema counts them, by code points

}  // namespace sendcode
