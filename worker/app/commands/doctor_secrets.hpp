#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/files.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/domain/settings.hpp"

// Of `sendcode doctor`: whether each secret can be read, and by whom else.
namespace sendcode::app {

struct secret_state {
  std::string name;
  std::filesystem::path file;
  std::optional<config::file_error> error;  // why it cannot be read
  // What every user of this machine may do to it; the folders above it count.
  bool read_by_all = false;
  bool written_by_all = false;
};

// `owner`: "the worker", or an environment.
std::vector<finding> judge_secrets(const std::string& owner, const std::vector<secret_state>& secrets);

secret_state look_at_secret(const config::secrets_directory& directory, const std::string& name);

// `settings`: null where they cannot be read.
void examine_secrets(const config::worker_config& config, const domain::settings_snapshot* settings,
                     const teller& tell);

}  // namespace sendcode::app
