#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "common/config/problem.hpp"
#include "common/config/tree.hpp"
#include "worker/domain/settings.hpp"

namespace sendcode::app {

struct settings_file {
  std::string environment;
  config::node document;                    // found valid
  domain::environment_settings settings{};  // its secrets not read
};

// A file called <environment_id>.yaml, as the worker would judge it. Else every problem of it.
std::expected<settings_file, std::vector<config::problem>> read_settings_file(const std::filesystem::path& file);

}  // namespace sendcode::app
