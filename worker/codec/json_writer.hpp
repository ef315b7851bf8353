#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sendcode::codec {

// Appends the members of one flat JSON object; nested values go in as raw JSON.
class json_writer {
 public:
  explicit json_writer(std::string& out) : out_(out) { out_ += '{'; }

  json_writer& text(std::string_view name, std::string_view value);
  json_writer& number(std::string_view name, std::uint64_t value);
  json_writer& boolean(std::string_view name, bool value);
  json_writer& raw(std::string_view name, std::string_view json);
  void close() { out_ += '}'; }

 private:
  void name_of(std::string_view name);

  std::string& out_;
  bool first_ = true;
};

void append_json_string(std::string& out, std::string_view text);

}  // namespace sendcode::codec
