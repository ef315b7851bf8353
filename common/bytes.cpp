#include "common/bytes.hpp"

#include <algorithm>

namespace sendcode {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string encode_base64(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data();
  const auto put = [&](std::uint32_t word, unsigned digits) {
    for (unsigned k = 0; k < digits; ++k) *to++ = alphabet[word >> (18 - 6 * k) & 63U];
  };
  const auto at = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(bytes[i]); };
  const std::size_t left = bytes.size() % 3;
  const std::size_t whole = bytes.size() - left;
  for (std::size_t i = 0; i < whole; i += 3) put(at(i) << 16 | at(i + 1) << 8 | at(i + 2), 4);
  if (left == 1) put(at(whole) << 16, 2);
  if (left == 2) put(at(whole) << 16 | at(whole + 1) << 8, 3);
  if (!padded) out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string out(bytes.size() * 2, '\0');
  char* to = out.data();
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *to++ = hex_digits[byte >> 4];
    *to++ = hex_digits[byte & 15];
  }
  return out;
}

std::expected<std::string, encoding_error> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::unexpected(encoding_error::bad_length);
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]);
    const int low = hex_value(hex[i + 1]);
    if (high < 0 || low < 0) return std::unexpected(encoding_error::bad_character);
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  return encode_base64(bytes, base64_alphabet, true);
}
std::string to_base64url(std::string_view bytes) {
  return encode_base64(bytes, base64url_alphabet, false);
}

std::expected<std::string, encoding_error> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::unexpected(encoding_error::bad_length);
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t word = 0;
    std::size_t padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char c = text[i + k];
      const bool last_group = i + 4 == text.size();
      if (c == '=' && last_group && k >= 2) {
        ++padding;
        word <<= 6;
        continue;
      }
      const auto value = base64_alphabet.find(c);
      if (value == std::string_view::npos || padding > 0) return std::unexpected(encoding_error::bad_character);
      word = word << 6 | static_cast<std::uint32_t>(value);
    }
    // Bits behind the last byte are zero, so that each text has one form.
    if ((word & ((1U << (8 * padding)) - 1U)) != 0) return std::unexpected(encoding_error::bad_character);
    for (std::size_t k = 0; k < 3 - padding; ++k) out += static_cast<char>(word >> (16 - 8 * k) & 255U);
  }
  return out;
}

std::expected<std::string, encoding_error> from_base64url(std::string_view text) {
  std::string padded;
  padded.reserve(text.size() + 3);
  for (const char c : text) {
    if (c == '+' || c == '/' || c == '=') return std::unexpected(encoding_error::bad_character);
    padded += c == '-' ? '+' : c == '_' ? '/' : c;
  }
  if (padded.size() % 4 == 1) return std::unexpected(encoding_error::bad_length);
  while (padded.size() % 4 != 0) padded += '=';
  return from_base64(padded);
}

void append_form_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '*';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 15];
    }
  }
}

std::expected<std::string, encoding_error> from_form_encoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::unexpected(encoding_error::bad_length);
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::unexpected(encoding_error::bad_character);
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

std::string to_big_endian(std::uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255U);
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_valid_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t length = 0;
    std::uint32_t point = 0;
    std::uint32_t least = 0;
    if ((lead & 0xE0U) == 0xC0U) {
      length = 2, point = lead & 0x1FU, least = 0x80;
    } else if ((lead & 0xF0U) == 0xE0U) {
      length = 3, point = lead & 0x0FU, least = 0x800;
    } else if ((lead & 0xF8U) == 0xF0U) {
      length = 4, point = lead & 0x07U, least = 0x10000;
    } else {
      return false;
    }
    if (text.size() - i < length) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      point = point << 6 | (next & 0x3FU);
    }
    if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

std::size_t characters_of(std::string_view utf8) noexcept {
  // What goes on a character is none of its own.
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace sendcode
