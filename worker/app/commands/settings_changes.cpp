#include "worker/app/commands/settings_changes.hpp"

#include <map>
#include <nlohmann/json.hpp>

namespace sendcode::app {
namespace {

using nlohmann::json;

// Every value by its place; empty lists and maps are values too.
using places = std::map<std::string, std::string>;

void flatten(const json& value, const std::string& key, places& into) {
  if (!value.is_structured() || value.empty()) {
    into[key] = value.dump(-1, ' ', false, json::error_handler_t::replace);
    return;
  }
  for (const auto& [name, item] : value.items()) {
    if (value.is_array()) {
      flatten(item, key + '[' + name + ']', into);
    } else {
      flatten(item, key.empty() ? name : key + '.' + name, into);
    }
  }
}

places flatten(const json& value) {
  places out;
  flatten(value, "", out);
  return out;
}

// Where the name of a secret belongs somebody may have written the secret itself: a document that every worker refuses
// stands on the topic all the same.
bool may_bear_secret(std::string_view place) {
  const auto has = [&](std::string_view part) { return place.find(part) != std::string_view::npos; };
  if (place.ends_with("api_key.sid") || !(has("auth_token") || has("api_key") || has("].code"))) return false;
  return !place.ends_with(".secret") || place.ends_with("api_key.secret");
}

std::string shown_of(const std::string& place, const std::string& standing) {
  return may_bear_secret(place) ? "\"(not shown)\"" : standing;
}

std::string_view word(settings_change::kind what) {
  switch (what) {
    case settings_change::kind::added:
      return "new";
    case settings_change::kind::changed:
      return "changed";
    case settings_change::kind::deleted:
      return "deleted";
    case settings_change::kind::unchanged:
      break;
  }
  return "unchanged";
}

}  // namespace

settings_change compare_settings(std::string environment, std::optional<std::string_view> before,
                                 std::string_view after) {
  settings_change out{.environment = std::move(environment)};
  if (!before) {
    out.what = settings_change::kind::added;
    return out;
  }
  const auto then = json::parse(*before, nullptr, false);
  if (then.is_discarded()) {
    out.what = settings_change::kind::changed;
    return out;
  }
  const auto old_places = flatten(then);
  const auto new_places = flatten(json::parse(after, nullptr, false));
  for (const auto& [key, value] : old_places) {
    const auto now = new_places.find(key);
    if (now == new_places.end()) {
      out.differences.push_back({key, shown_of(key, value), ""});
    } else if (now->second != value) {
      out.differences.push_back({key, shown_of(key, value), now->second});
    }
  }
  for (const auto& [key, value] : new_places) {
    if (!old_places.contains(key)) out.differences.push_back({key, "", value});
  }
  if (!out.differences.empty()) out.what = settings_change::kind::changed;
  return out;
}

nlohmann::ordered_json to_json(const settings_change& change) {
  nlohmann::ordered_json out = {{"environment_id", change.environment}, {"change", word(change.what)}};
  if (change.differences.empty()) return out;
  auto& list = out["differences"] = nlohmann::ordered_json::array();
  for (const auto& [key, before, after] : change.differences) {
    auto& entry = list.emplace_back(nlohmann::ordered_json{{"key", key}});
    if (!before.empty()) entry["before"] = nlohmann::ordered_json::parse(before);
    if (!after.empty()) entry["after"] = nlohmann::ordered_json::parse(after);
  }
  return out;
}

std::string to_lines(const settings_change& change) {
  std::string out = change.environment + ": " + std::string(word(change.what)) + '\n';
  for (const auto& [key, before, after] : change.differences) {
    out += "  " + key + ": ";
    if (before.empty()) {
      out += after + " (new)\n";
    } else if (after.empty()) {
      out += before + " (gone)\n";
    } else {
      out += before + " -> " + after + '\n';
    }
  }
  return out;
}

}  // namespace sendcode::app
