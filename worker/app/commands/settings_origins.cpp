#include "worker/app/commands/settings_origins.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "worker/app/commands/settings_view.hpp"

namespace sendcode::app {
namespace {

using nlohmann::ordered_json;
using kind = origin::kind;

constexpr std::string_view derived_key = "connection_id";

const config::member* member_of(const config::node* map, std::string_view key) {
  if (map == nullptr) return nullptr;
  for (const auto& each : map->members) {
    if (each.key == key) return &each;
  }
  return nullptr;
}

// The written items stand first in the view; what follows them is a default. An auth token may be written alone.
void add_items(const ordered_json& list, const std::string& place, const config::member* written, origins& into) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    origin of;
    if (written != nullptr && written->value.kind != config::node_kind::list) {
      of = {kind::written, written->line};
    } else if (written != nullptr && i < written->value.items.size()) {
      of = {kind::written, written->value.items[i].line};
    }
    into[place + '[' + std::to_string(i) + ']'] = of;
  }
}

void add(const ordered_json& view, const std::string& around, const config::node* document, origins& into) {
  for (const auto& [key, value] : view.items()) {
    const auto place = around.empty() ? key : around + '.' + key;
    const auto* written = member_of(document, key);
    if (value.is_object() && !is_secret(value)) {
      add(value, place, written == nullptr ? nullptr : &written->value, into);
    } else if (is_list_of_objects(value)) {
      add_items(value, place, written, into);
    } else if (written != nullptr) {
      into[place] = {kind::written, written->line};
    } else {
      into[place] = {place == derived_key ? kind::derived : kind::standard, 0};
    }
  }
}

}  // namespace

origins origins_of(const ordered_json& view, const config::node& document) {
  origins out;
  add(view, "", &document, out);
  return out;
}

std::string to_text(const origin& of, std::string_view document) {
  switch (of.from) {
    case kind::standard:
      return "default";
    case kind::derived:
      return "derived";
    case kind::written:
      break;
  }
  return std::string(document) + (of.line > 0 ? ':' + std::to_string(of.line) : "");
}

int line_of(const config::node& document, std::string_view place) {
  const auto* at = &document;
  int line = 0;
  while (!place.empty()) {
    const auto end = std::min(place.find_first_of(".[", 1), place.size());
    auto part = place.substr(0, end);
    place.remove_prefix(end);
    if (part.front() == '[') {
      std::size_t index = 0;
      const auto [rest, error] = std::from_chars(part.data() + 1, part.data() + part.size(), index);
      if (error != std::errc{} || index >= at->items.size()) break;
      at = &at->items[index];
      line = at->line;
      continue;
    }
    if (part.front() == '.') part.remove_prefix(1);
    const auto* member = member_of(at, part);
    if (member == nullptr) break;
    at = &member->value;
    line = member->line;
  }
  return line;
}

}  // namespace sendcode::app
