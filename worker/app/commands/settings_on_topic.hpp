#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/config/files.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/domain/settings.hpp"

namespace sendcode::app {

struct standing_document {
  std::string value;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};
using standing_documents = std::map<std::string, standing_document>;  // by record key

// All that stands on the settings topic now. Nothing: that was told, and the exit code is unreachable.
std::optional<standing_documents> read_settings_topic(const config::worker_config& config, std::string_view command,
                                                      context& with);

// As a worker would take them now, from where its configuration says. Null: told why not, and the exit code is set.
domain::settings_ptr read_settings(const config::worker_config& config, const config::secrets_directory& secrets,
                                   std::string_view command, context& with);

}  // namespace sendcode::app
