#pragma once

#include <string>

#include "common/config/tree.hpp"

namespace sendcode::codec {

// A settings document that was found valid, as the JSON that stands on the settings topic: the same keys in the same
// order, nothing filled in. In YAML a number, a boolean and a text without quotes look alike; JSON tells them apart.
std::string settings_to_json(const config::node& document);

}  // namespace sendcode::codec
