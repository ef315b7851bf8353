#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "worker/app/commands/command.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/ports/document_log.hpp"

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

// The same as a log that has come to its end.
std::unique_ptr<ports::document_log> as_log(standing_documents documents);

}  // namespace sendcode::app
