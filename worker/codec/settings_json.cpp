#include "worker/codec/settings_json.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "worker/codec/json_writer.hpp"

namespace sendcode::codec {
namespace {

// The schema's booleans and numbers; every other scalar is a text, whatever it looks like.
constexpr std::array<std::string_view, 5> literal_keys = {"use_for_mfa", "allow_long_ttl", "redact_body",
                                                          "provide_feedback", "max"};

void append(std::string& out, const config::node& value, bool is_literal) {
  switch (value.kind) {
    case config::node_kind::null:
      out += "null";
      break;
    case config::node_kind::scalar:
      if (is_literal) {
        out += value.text;
      } else {
        append_json_string(out, value.text);
      }
      break;
    case config::node_kind::list:
      out += '[';
      for (const auto& item : value.items) {
        if (&item != &value.items.front()) out += ',';
        append(out, item, false);
      }
      out += ']';
      break;
    case config::node_kind::map:
      out += '{';
      for (const auto& entry : value.members) {
        if (&entry != &value.members.front()) out += ',';
        append_json_string(out, entry.key);
        out += ':';
        append(out, entry.value, std::ranges::find(literal_keys, entry.key) != literal_keys.end());
      }
      out += '}';
      break;
  }
}

}  // namespace

std::string settings_to_json(const config::node& document) {
  std::string out;
  append(out, document, false);
  return out;
}

}  // namespace sendcode::codec
