#include "worker/codec/json_writer.hpp"

#include <algorithm>
#include <charconv>

namespace sendcode::codec {

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto is_plain = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; };
  out += '"';
  while (true) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[plain]);
    if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += '\\';
      out += text[plain];
    }
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

void json_writer::name_of(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

json_writer& json_writer::text(std::string_view name, std::string_view value) {
  name_of(name);
  append_json_string(out_, value);
  return *this;
}

json_writer& json_writer::number(std::string_view name, std::uint64_t value) {
  name_of(name);
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out_.append(digits, end);
  return *this;
}

json_writer& json_writer::boolean(std::string_view name, bool value) {
  name_of(name);
  out_ += value ? "true" : "false";
  return *this;
}

json_writer& json_writer::raw(std::string_view name, std::string_view json) {
  name_of(name);
  out_ += json;
  return *this;
}

}  // namespace sendcode::codec
