#include "worker/adapters/senders/json_cursor.hpp"

#include <charconv>

namespace sendcode::senders {

bool json_cursor::fail() {
  failed_ = true;
  rest_ = {};
  return false;
}

char json_cursor::peek() {
  const auto at = rest_.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos) {
    rest_ = {};
    return '\0';
  }
  rest_.remove_prefix(at);
  return rest_.front();
}

bool json_cursor::literal(char expected) {
  if (rest_.empty() || peek() != expected) return false;
  rest_.remove_prefix(1);
  return true;
}

bool json_cursor::word(std::string_view expected) {
  if (!rest_.starts_with(expected)) return fail();
  rest_.remove_prefix(expected.size());
  return true;
}

bool json_cursor::text(std::string_view& out) {
  if (!literal('"')) return fail();
  bool escaped = false;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (static_cast<unsigned char>(c) < 0x20) return fail();
    if (c == '\\') {
      escaped = true;
      ++i;  // whatever it is: the string is not shown to anybody
    } else if (c == '"') {
      out = escaped ? std::string_view() : rest_.substr(0, i);
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  return fail();
}

bool json_cursor::number(std::string_view& out) {
  const auto end = rest_.find_first_not_of("+-.0123456789eE");
  out = rest_.substr(0, end);
  if (out.empty() || (out.front() != '-' && (out.front() < '0' || out.front() > '9'))) return fail();
  rest_.remove_prefix(out.size());
  return true;
}

bool json_cursor::integer(std::uint32_t& out) {
  const char first = peek();
  if (first == 'n') return word("null");
  std::string_view digits;
  if (!(first == '"' ? text(digits) : number(digits))) return false;
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && stop == digits.data() + digits.size()) out = value;
  return true;
}

bool json_cursor::skip() {
  std::string_view ignored;
  switch (peek()) {
    case '{':
      return object([this](std::string_view) { return skip(); });
    case '[':
      return array([this] { return skip(); });
    case '"':
      return text(ignored);
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

}  // namespace sendcode::senders
