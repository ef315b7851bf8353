#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/config/files.hpp"
#include "common/config/tree.hpp"
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

// The same, with what stands on the topic if they come from there.
struct found_settings {
  domain::settings_ptr in_force;
  standing_documents on_topic{};
};
found_settings find_settings(const config::worker_config& config, const config::secrets_directory& secrets,
                             std::string_view command, context& with);

// A document as somebody wrote it, and where it stands.
struct written_document {
  config::node tree;
  std::string place;  // "settings/env_live.yaml", "the topic sms.settings, partition 0, offset 12"
  std::string name;   // of its values' origins: "env_live.yaml", "topic"
};
// An environment's, of those that were found. Nothing: it is not there any more.
std::optional<written_document> document_of(const config::worker_config& config, const found_settings& found,
                                            const std::string& environment);

}  // namespace sendcode::app
