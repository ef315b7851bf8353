#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "worker/app/commands/settings_usage.hpp"
#include "worker/config/worker_config.hpp"

namespace sendcode::app {

enum class usage_scope : std::uint8_t { allowance, everything };

// Asks the worker's Redis, over a connection of its own. The error says why there is no answer.
std::expected<usage_report, std::string> ask_usage(const config::worker_config& config,
                                                   const domain::environment_settings& of, usage_scope scope,
                                                   const std::optional<domain::phone_number>& phone);

}  // namespace sendcode::app
