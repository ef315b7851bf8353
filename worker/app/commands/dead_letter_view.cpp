#include "worker/app/commands/dead_letter_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/bytes.hpp"
#include "common/redaction.hpp"
#include "worker/app/commands/masked_text.hpp"
#include "worker/app/commands/terminal.hpp"
#include "worker/codec/event_decoder.hpp"
#include "worker/domain/event.hpp"

namespace sendcode::app {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view left_out = "(left out)";
constexpr std::size_t shown_value_max = std::size_t{8} * 1024;
constexpr int nesting_max = 32;  // deeper is shown as text: what walks JSON calls itself

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

int nesting_of(std::string_view text) {
  int depth = 0;
  int most = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') most = std::max(most, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  return most;
}

json masked_member(const std::string& name, const json& value) {
  // Base64 hides a phone number from whoever masks it, and from nobody else.
  if (is_one_of(name, {"device_token", "data_base64"})) return std::string(left_out);
  if (value.is_object()) {
    auto out = json::object();
    for (const auto& [inner, each] : value.items()) out[masked(inner)] = masked_member(inner, each);
    return out;
  }
  if (value.is_array()) {
    auto out = json::array();
    for (const auto& each : value) out.push_back(masked_member(name, each));
    return out;
  }
  if (value.is_number()) {
    auto text = masked(value.dump());
    return text == value.dump() ? value : json(std::move(text));
  }
  if (!value.is_string()) return value;
  const auto& text = value.get_ref<const std::string&>();
  const bool is_id =
      is_one_of(name, {"environment_id", "application_id", "challenge_id", "connection_id", "id", "source"});
  return is_id ? masked_id(text) : masked(text);
}

// The same of what is no JSON: whatever stands behind such a name.
std::string without_hidden(std::string_view text) {
  constexpr std::string_view between = "\"\\ \t\r\n:=";
  constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=.";
  std::string out;
  while (!text.empty()) {
    auto end = text.size();
    for (const std::string_view name : {"device_token", "data_base64"}) {
      if (const auto at = text.find(name); at != std::string_view::npos) end = std::min(end, at + name.size());
    }
    out += text.substr(0, end);
    text.remove_prefix(end);
    const auto value = std::min(text.find_first_not_of(between), text.size());
    const auto behind = std::min(text.find_first_not_of(base64, value), text.size());
    out += text.substr(0, value);
    if (behind > value) out += left_out;
    text.remove_prefix(behind);
  }
  return out;
}

// What stands in the value: JSON, unless that is what was wrong with it; else text.
json masked_value(const dead_letter& letter) {
  if (!letter.value) return nullptr;
  const auto& value = *letter.value;
  if (letter.error != "invalid_json" && nesting_of(value) <= nesting_max) {
    const auto read = json::parse(value, nullptr, false);
    if (read.is_object()) return masked_member("", read);
  }
  return printable(masked(without_hidden(value)), shown_value_max);
}

std::string masked_header(const std::pair<std::string, std::string>& header) {
  const bool is_id = is_one_of(header.first, {"ce_id", "traceparent", "tracestate"});
  return printable(is_id ? masked_id(header.second) : masked(header.second), shown_bytes_max * 2);
}

std::string header_of(const dead_letter& letter, std::string_view name) {
  const auto found =
      std::ranges::find(letter.headers, name, [](const auto& each) { return std::string_view(each.first); });
  return found == letter.headers.end() ? "" : found->second;
}

// CloudEvents' attributes, wherever they stand, and the request id that its status would bear.
json attributes_of(const dead_letter& letter) {
  json out = json::object();
  const bool structured = header_of(letter, "content-type").starts_with("application/cloudevents+json");
  out["mode"] = structured ? "structured" : "binary";
  json envelope = json::object();
  if (structured && letter.value && nesting_of(*letter.value) <= nesting_max) {
    if (auto read = json::parse(*letter.value, nullptr, false); read.is_object()) envelope = std::move(read);
  }
  for (const auto* name : {"id", "source", "type", "time"}) {
    const auto found = envelope.find(name);
    const auto text = structured ? (found != envelope.end() && found->is_string() ? found->get<std::string>() : "")
                                 : header_of(letter, std::string("ce_") + name);
    if (!text.empty()) out[name] = printable(masked_id(text), shown_bytes_max * 2);
  }
  std::vector<domain::record_header> headers;
  headers.reserve(letter.headers.size());
  for (const auto& [name, value] : letter.headers) headers.push_back({name, value});
  const auto decoded = codec::decode_event(headers, letter.value.value_or(""));
  if (decoded) {
    out["request_id"] = to_hex(as_text(decoded->request_id));
  } else if (!structured && !header_of(letter, "ce_id").empty()) {
    const auto id = domain::make_request_id(decoded.error().environment_id, header_of(letter, "ce_source"),
                                            header_of(letter, "ce_id"));
    out["request_id"] = to_hex(as_text(id));
  }
  return out;
}

std::string size_of(const dead_letter& letter) {
  if (!letter.can_be_replayed()) return shown(letter.left_out_bytes) + " bytes, too many to copy";
  return letter.value ? std::to_string(letter.value->size()) + " bytes" : "none";
}

}  // namespace

nlohmann::ordered_json to_page_json(const dead_letter& letter, bool replayed) {
  auto out = to_json(letter);
  out["replayed"] = replayed;
  if (letter.key) out["key"] = printable(masked(*letter.key), shown_bytes_max * 2);
  out["event"] = attributes_of(letter);
  out["headers"] = json::array();
  for (const auto& header : letter.headers) {
    out["headers"].push_back(
        {{"name", printable(masked(header.first), shown_bytes_max)}, {"value", masked_header(header)}});
  }
  if (letter.value) out["value_bytes"] = letter.value->size();
  if (!letter.can_be_replayed()) out["value_bytes_left_out"] = shown(letter.left_out_bytes);
  out["value"] = masked_value(letter);
  return out;
}

std::string to_page(const dead_letter& letter, letter_style style) {
  std::string out;
  const auto line = [&](std::string_view name, std::string_view text) {
    out += text.empty() ? fmt::format("{}\n", name) : fmt::format("{:<10}  {}\n", name, text);
  };
  line("place", to_text(place_of(letter)));
  line("time", letter.appended_at ? to_rfc3339(*letter.appended_at) : "none");
  line("error", painted(shown(letter.error), colour::red, style.colours));
  line("detail", shown(letter.detail));
  line("source", fmt::format("{} {}:{}", shown(letter.source_topic), shown(letter.source_partition),
                             shown(letter.source_offset)));
  line("replayed", style.replayed ? "yes" : "no");
  line("key", letter.key ? printable(masked(*letter.key), shown_bytes_max * 2) : "none");
  line("event", "");
  const auto attributes = attributes_of(letter);  // named: g++ 14 ends a temporary's life before the loop begins
  for (const auto& [name, value] : attributes.items()) {
    out += fmt::format("  {:<16}  {}\n", name, value.get<std::string>());
  }
  line("headers", letter.headers.empty() ? "none" : "");
  for (const auto& header : letter.headers) {
    out += fmt::format("  {:<16}  {}\n", printable(masked(header.first), shown_bytes_max), masked_header(header));
  }
  line("value", size_of(letter));
  if (!letter.value) return out;
  const auto value = masked_value(letter);
  if (value.is_string()) return out + "  " + value.get<std::string>() + "\n";
  // Indented as the lines above.
  auto text = value.dump(2, ' ', false, json::error_handler_t::replace);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 3) text.insert(at + 1, "  ");
  return out + "  " + text + "\n";
}

}  // namespace sendcode::app
