#pragma once

#include <cstdint>

#include "common/timestamp.hpp"
#include "worker/adapters/kafka/topic_inspection.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/config/worker_config.hpp"

// Of `sendcode doctor`: the brokers, and the topics with their settings.
namespace sendcode::app {

enum class topic_use : std::uint8_t { send_code, delivery_status, dead_letter, settings };

// `code_life`: the longest of all environments. `brokers`: how many there are.
finding judge_topic(const kafka::topic_state& topic, topic_use use, seconds code_life, std::size_t brokers);

// Blocking.
void examine_kafka(const config::worker_config& config, seconds code_life, const teller& tell);

}  // namespace sendcode::app
