#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "common/config/problem.hpp"
#include "common/config/tree.hpp"
#include "worker/domain/settings.hpp"

// A settings document (design §4, schemas/settings.schema.json) as the domain's settings, validated whole. Its secrets
// are named, not read.
namespace sendcode::codec {

using settings_result = std::expected<domain::environment_settings, std::vector<config::problem>>;

// `expected_id`: what the file's name or the record's key says that the environment is; empty: whatever the document
// says. `file` is only named.
settings_result decode_settings(const config::node& document, std::string_view expected_id, std::string_view file);
settings_result decode_settings_yaml(std::string_view text, std::string_view expected_id, std::string_view file);
settings_result decode_settings_json(std::string_view text, std::string_view expected_id, std::string_view file);

}  // namespace sendcode::codec
