#include "common/json_cursor.hpp"

#include <charconv>

namespace sendcode {
namespace {

// Four hex digits at `at`; a number above 0xFFFF if they aren't.
std::uint32_t hex4(std::string_view text, std::size_t at) {
  constexpr std::uint32_t none = 0x10000;
  if (text.size() < at + 4) return none;
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return error == std::errc{} && stop == text.data() + at + 4 ? value : none;
}

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

// The escape behind the backslash at `at`: appends what it means and moves `at` behind it.
bool append_escape(std::string& out, std::string_view raw, std::size_t& at) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (at + 1 >= raw.size()) return false;
  const auto letter = letters.find(raw[at + 1]);
  if (letter != std::string_view::npos) {
    out += meanings[letter];
    at += 2;
    return true;
  }
  if (raw[at + 1] != 'u') return false;
  std::uint32_t point = hex4(raw, at + 2);
  at += 6;
  if (point >= 0xD800 && point < 0xDC00) {  // the first half of a pair
    if (raw.substr(at, 2) != "\\u") return false;
    const std::uint32_t low = hex4(raw, at + 2);
    if (low < 0xDC00 || low > 0xDFFF) return false;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    at += 6;
  } else if (point > 0xFFFF || (point >= 0xDC00 && point <= 0xDFFF)) {
    return false;
  }
  append_utf8(out, point);
  return true;
}

bool unescape(std::string_view raw, std::string& out) {
  out.clear();
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] == '\\') {
      if (!append_escape(out, raw, at)) return false;
    } else {
      out += raw[at++];
    }
  }
  return true;
}

// [-] 0 or digits without a leading zero [. digits] [e [+-] digits]
bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const auto from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  if (text.starts_with('-')) ++at;
  const auto whole_from = at;
  const auto whole = digits();
  if (whole == 0 || (whole > 1 && text[whole_from] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

}  // namespace

bool json_cursor::fail() {
  failed_ = true;
  rest_ = {};
  return false;
}

char json_cursor::peek() {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  return rest_.empty() ? '\0' : rest_.front();
}

bool json_cursor::literal(char expected) {
  if (peek() != expected || rest_.empty()) return false;
  rest_.remove_prefix(1);
  return true;
}

bool json_cursor::word(std::string_view expected) {
  if (!rest_.starts_with(expected)) return fail();
  rest_.remove_prefix(expected.size());
  return true;
}

bool json_cursor::raw_text(std::string_view& out, bool& escaped) {
  if (!literal('"')) return fail();
  escaped = false;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (static_cast<unsigned char>(c) < 0x20) return fail();
    if (c == '\\') {
      escaped = true;
      ++i;
    } else if (c == '"') {
      out = rest_.substr(0, i);
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  return fail();
}

bool json_cursor::plain_text(std::string_view& out) {
  bool escaped = false;
  if (!raw_text(out, escaped)) return false;
  if (escaped) out = {};
  return true;
}

bool json_cursor::text(std::string& out) {
  std::string_view raw;
  bool escaped = false;
  if (!raw_text(raw, escaped)) return false;
  if (!escaped) {
    out = raw;
    return true;
  }
  return unescape(raw, out) || fail();
}

bool json_cursor::member_name(std::string_view& out, std::string& unescaped) {
  bool escaped = false;
  if (!raw_text(out, escaped)) return false;
  if (!escaped) return true;
  if (!unescape(out, unescaped)) return fail();
  out = unescaped;
  return true;
}

bool json_cursor::number(std::string_view& out) {
  out = rest_.substr(0, rest_.find_first_not_of("+-.0123456789eE"));
  if (!is_number(out)) return fail();
  rest_.remove_prefix(out.size());
  return true;
}

bool json_cursor::integer(std::uint32_t& out) {
  const char first = peek();
  if (first == 'n') return word("null");
  std::string_view digits;
  if (!(first == '"' ? plain_text(digits) : number(digits))) return false;
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && stop == digits.data() + digits.size()) out = value;
  return true;
}

bool json_cursor::truth(bool& out) {
  out = peek() == 't';
  return word(out ? "true" : "false");
}

bool json_cursor::skip() {
  std::string_view ignored;
  switch (peek()) {
    case '{':
      return object([this](std::string_view) { return skip(); });
    case '[':
      return array([this] { return skip(); });
    case '"':
      return plain_text(ignored);
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      return number(ignored);
  }
}

bool json_cursor::at_end() {
  return !failed_ && peek() == '\0' && rest_.empty();
}
bool json_cursor::at_text() {
  return peek() == '"';
}

}  // namespace sendcode
