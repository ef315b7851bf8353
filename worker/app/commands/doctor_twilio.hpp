#pragma once

#include <expected>
#include <string>

#include "common/async/spawn.hpp"
#include "worker/adapters/senders/account_answer.hpp"
#include "worker/adapters/senders/twilio_sources.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/domain/settings.hpp"
#include "worker/ports/https_client.hpp"

// Of `sendcode doctor`: each environment's Twilio account, its credentials, region and source. Everything is asked by
// GET.
namespace sendcode::app {

finding judge_account(const std::string& about, const senders::account_answer& answer);
finding judge_credentials(const std::string& about, unsigned http_status);
// `host`: who was asked. An error: why nobody answered.
finding judge_source(const domain::environment_settings& environment, const std::string& host,
                     const std::expected<senders::source_answer, std::string>& answer);
// Of credentials that `configured` refuses with a 401, and another region takes.
finding wrong_region(const std::string& about, domain::twilio_region configured, domain::twilio_region right);

awaitable<void> examine_twilio(ports::https_client& client, ports::clock& clock, const config::worker_config& config,
                               const domain::settings_snapshot& settings, const teller& tell);

}  // namespace sendcode::app
