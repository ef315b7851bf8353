#pragma once

#include "common/async/spawn.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/ports/https_client.hpp"

// Of `sendcode doctor`: the Kinde sender's token.
namespace sendcode::app {

awaitable<void> examine_kinde(ports::https_client& client, ports::clock& clock, const config::worker_config& config,
                              const teller& tell);

}  // namespace sendcode::app
