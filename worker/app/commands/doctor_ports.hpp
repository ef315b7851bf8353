#pragma once

#include <optional>
#include <string>

#include "common/async/spawn.hpp"
#include "common/url.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/ports/https_client.hpp"

// Of `sendcode doctor`: whether a worker could listen where it is to, or does already.
namespace sendcode::app {

// Who answers on a port that is in use. unheard_worker: it has the key of our certificate, and did not answer.
enum class listener : std::uint8_t { worker, stuck_worker, unheard_worker, another, silent };

// `error`: errno of an attempt to take the address; 0: it is free. `found`: who has it, if somebody does.
finding judge_port(const std::string& name, const config::host_port& at, int error, std::optional<listener> found);

// Takes the address for a moment, without listening. errno; 0: it could.
int try_address(const config::host_port& at);

awaitable<void> examine_ports(ports::https_client& client, ports::clock& clock, const config::worker_config& config,
                              const teller& tell);

}  // namespace sendcode::app
