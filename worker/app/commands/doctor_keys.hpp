#pragma once

#include <optional>
#include <string>
#include <vector>

#include "worker/adapters/http_server/api_tokens.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/domain/key_ring.hpp"

// Of `sendcode doctor`: key rings and API tokens, and which of them end soon.
namespace sendcode::app {

struct ring_use {
  std::string name;                    // of the secret
  seconds life{0};                     // how long what a key signed is to be checked
  std::string without;                 // what happens while no key signs
  std::optional<timestamp> changed{};  // when its file did
};

std::vector<finding> judge_key_ring(const domain::key_ring& ring, const ring_use& use, timestamp now);
std::vector<finding> judge_tokens(const std::vector<http_server::api_token>& tokens, timestamp now);

// `code_life`: the longest of all environments.
void examine_keys(const config::worker_config& config, seconds code_life, const teller& tell);

}  // namespace sendcode::app
