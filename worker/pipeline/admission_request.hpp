#pragma once

#include <optional>

#include "worker/domain/admission.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

// What the store is asked about an event: the verdict if there is one, else everything that is to be checked and
// charged.
struct admission {
  const domain::send_code_event& event;
  timestamp birth{};                        // the earliest that the worker knows of
  const domain::send_plan* plan = nullptr;  // null: `verdict` stands
  domain::outcome verdict{};
  seconds code_life{600};
  bool known_device = false;
};

ports::admit_request make_admit_request(const admission& of, const options& options, ports::random_source& random,
                                        std::string_view signing_key_id, bool& client_address_uncounted);

// The shared sender's allowance for an environment: ten texts a month without an account of its own, a daily limit with
// one.
ports::allowance_check kinde_allowance(const domain::environment_settings& environment, const options& options);

}  // namespace sendcode::pipeline
