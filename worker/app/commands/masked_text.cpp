#include "worker/app/commands/masked_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/bytes.hpp"
#include "common/timestamp.hpp"
#include "worker/domain/phone_number.hpp"

namespace sendcode::app {
namespace {

constexpr std::size_t digits_min = 7;
constexpr std::size_t digits_max = 17;  // 15 and a prefix such as 00

// The length of the digit that the text begins with, and the digit in ASCII; 0: it begins with none. ASCII, full-width
// (U+FF10), Arabic-Indic (U+0660) and its eastern form (U+06F0).
struct digit {
  std::size_t bytes = 0;
  char ascii = '0';
};
digit digit_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto within = [](unsigned value, unsigned from) { return value >= from && value < from + 10; };
  const auto as_ascii = [](unsigned value, unsigned from) { return static_cast<char>('0' + (value - from)); };
  if (within(byte(0), '0')) return {1, static_cast<char>(byte(0))};
  if (byte(0) == 0xEF && byte(1) == 0xBC && within(byte(2), 0x90)) return {3, as_ascii(byte(2), 0x90)};
  if (byte(0) == 0xD9 && within(byte(1), 0xA0)) return {2, as_ascii(byte(1), 0xA0)};
  if (byte(0) == 0xDB && within(byte(1), 0xB0)) return {2, as_ascii(byte(1), 0xB0)};
  return {};
}

bool stands_between_digits(char c) {
  return std::string_view(" ().-/").find(c) != std::string_view::npos;
}

struct run {
  std::size_t bytes = 0;  // up to its last digit
  std::string digits;     // in ASCII, with the + before them
};
run run_at(std::string_view text) {
  run out;
  if (!text.starts_with('+') && digit_at(text).bytes == 0) return out;
  std::size_t at = 0;
  if (text.starts_with('+')) out.digits = text[at++];
  while (at < text.size()) {
    if (const auto found = digit_at(text.substr(at)); found.bytes > 0) {
      at += found.bytes;
      out.bytes = at;
      out.digits += found.ascii;
    } else if (stands_between_digits(text[at])) {
      ++at;
    } else {
      break;
    }
  }
  return out;
}

bool is_date(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' && from_rfc3339(std::string(text) + "T00:00:00Z");
}

std::string mask_run(const run& found) {
  if (found.digits.starts_with('+')) {
    if (const auto number = domain::parse_phone_number(found.digits, ""); number && number->valid) return mask(*number);
  }
  return std::string(found.digits.size() - (found.digits.starts_with('+') ? 1 : 0), '*');
}

bool is_phone_like(const run& found) {
  const auto count = found.digits.size() - (found.digits.starts_with('+') ? 1 : 0);
  return count >= digits_min && count <= digits_max;
}

}  // namespace

std::string masked(std::string_view text) {
  if (from_rfc3339(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto found = run_at(text);
    if (found.bytes == 0) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto as_it_is = text.substr(0, found.bytes);
    out += is_phone_like(found) && !is_date(as_it_is) ? mask_run(found) : std::string(as_it_is);
    text.remove_prefix(found.bytes);
  }
  return out;
}

std::string masked_id(std::string_view text) {
  const auto found = run_at(text);
  return found.bytes == text.size() && is_phone_like(found) ? masked(text) : std::string(text);
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  const bool utf8 = is_valid_utf8(text);
  if (cut) {
    text = text.substr(0, bytes_max);
    while (utf8 && !text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.remove_suffix(1);
    if (utf8 && !text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.remove_suffix(1);
  }
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return cut ? out + "…" : out;
}

}  // namespace sendcode::app
