#include "tests/sandbox/core/text_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/bytes.hpp"

namespace sendcode::sandbox {
namespace {

// GSM's default alphabet (3GPP TS 23.038) beyond ASCII, and what takes two septets.
constexpr std::string_view gsm_letters = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
constexpr std::string_view gsm_extension = "^{}\\[~]|€";

bool is_gsm_letter(std::string_view character) {
  const char c = character[0];
  if (character.size() > 1) return gsm_letters.contains(character);
  return c == '\n' || c == '\r' || (c >= ' ' && c <= '~' && c != '`');
}

std::size_t character_bytes(char lead) noexcept {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80U) return 1;
  return byte < 0xE0U ? 2 : byte < 0xF0U ? 3 : 4;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json_string_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

std::string to_rfc2822(timestamp at) {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<seconds>(at - day)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", weekdays[weekday{day}.c_encoding()],
                     unsigned{date.day()}, months[unsigned{date.month()} - 1], int{date.year()}, time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

std::size_t characters(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::size_t segments(std::string_view utf8) noexcept {
  std::size_t septets = 0;
  std::size_t units = 0;  // of UTF-16
  bool is_gsm = true;
  while (!utf8.empty()) {
    const auto size = std::min(character_bytes(utf8[0]), utf8.size());
    const auto one = utf8.substr(0, size);
    utf8.remove_prefix(size);
    units += size == 4 ? 2 : 1;
    septets += gsm_extension.contains(one) ? 2 : 1;
    is_gsm = is_gsm && (gsm_extension.contains(one) || is_gsm_letter(one));
  }
  const auto split = [](std::size_t length, std::size_t alone, std::size_t of_more) {
    return length <= alone ? std::size_t{1} : (length + of_more - 1) / of_more;
  };
  return is_gsm ? split(septets, 160, 153) : split(units, 70, 67);
}

bool is_e164(std::string_view number) noexcept {
  return number.size() >= 8 && number.size() <= 16 && number[0] == '+' && number[1] != '0' &&
         std::all_of(number.begin() + 1, number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<form> form::parse(std::string_view encoded) {
  form out;
  out.parameters_.reserve(8);
  while (!encoded.empty()) {
    const auto end = encoded.find('&');
    const auto pair = encoded.substr(0, end);
    encoded.remove_prefix(end == std::string_view::npos ? encoded.size() : end + 1);
    if (pair.empty()) continue;
    if (out.parameters_.size() == parameters_max) return std::nullopt;
    const auto equals = pair.find('=');
    auto name = from_form_encoded(pair.substr(0, equals));
    auto value = from_form_encoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name || !value || !is_valid_utf8(*name) || !is_valid_utf8(*value)) return std::nullopt;
    out.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::string_view form::get(std::string_view name) const noexcept {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace sendcode::sandbox
