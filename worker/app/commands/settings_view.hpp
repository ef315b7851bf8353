#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "worker/domain/settings.hpp"

namespace sendcode::app {

// Settings as they are in force, defaults and derived values included. A secret is its name and whether it is there.
nlohmann::ordered_json view_of(const domain::environment_settings& settings);

// The view for people: YAML's form, a line each.
std::string to_lines(const nlohmann::ordered_json& view);

}  // namespace sendcode::app
