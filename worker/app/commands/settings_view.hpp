#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "worker/app/commands/settings_origins.hpp"
#include "worker/domain/settings.hpp"

namespace sendcode::app {

// Settings as they are in force, defaults and derived values included. A secret is its name and whether it is there.
nlohmann::ordered_json view_of(const domain::environment_settings& settings);

// What of a view is one value with one origin: {"secret": …, "there": …}; and lists whose items have origins each.
bool is_secret(const nlohmann::ordered_json& value);
bool is_list_of_objects(const nlohmann::ordered_json& value);

// The view for people: YAML's form, a line each, with where it comes from behind it. `document` is what a written
// value's origin is called.
std::string to_lines(const nlohmann::ordered_json& view, const origins& from, std::string_view document);

}  // namespace sendcode::app
