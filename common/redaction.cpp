#include "common/redaction.hpp"

#include <fmt/format.h>

#include "common/bytes.hpp"

namespace sendcode {

std::string shown(std::string_view outside) {
  const bool cut = outside.size() > shown_bytes_max;
  if (cut) {
    outside = outside.substr(0, shown_bytes_max);
    // Not in the middle of a character.
    while (!outside.empty() && (static_cast<unsigned char>(outside.back()) & 0xC0U) == 0x80U) outside.remove_suffix(1);
    if (!outside.empty() && static_cast<unsigned char>(outside.back()) >= 0xC0U) outside.remove_suffix(1);
  }
  const bool utf8 = is_valid_utf8(outside);
  std::string out;
  out.reserve(outside.size());
  for (const char c : outside) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || byte == '\\' || (byte >= 0x80 && !utf8)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  if (cut) out += "…";
  return out;
}

}  // namespace sendcode
