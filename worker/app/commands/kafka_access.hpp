#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "worker/adapters/kafka/properties.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/config/worker_config.hpp"

namespace sendcode::app {

// worker.yaml with the environment's overrides. Nothing: every problem was told, and the exit code is wrong_use.
std::optional<config::worker_config> load_config(const std::string& file, std::string_view command, context& with);

// The longest that a command waits for the brokers before it says that they cannot be reached.
constexpr std::chrono::seconds open_most{10};

// As librdkafka takes them, secrets in clear.
kafka::property_map to_properties(const config::kafka_config& kafka);

}  // namespace sendcode::app
