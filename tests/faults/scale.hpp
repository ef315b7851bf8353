#pragma once

#include <chrono>

#include "tests/integration/end_to_end/world.hpp"

namespace sendcode::faults {

// How much of it: the short form (SENDCODE_FAULTS=short) shows that it works, the long one is the proof.
struct scale {
  int kills = 20;
  int events_a_kill = 100;
  int events = 1'000;
  int rotations = 20;
  std::chrono::seconds redis_away{20};
  std::chrono::seconds kafka_away{30};
  std::chrono::seconds stopped{30};
};
const scale& chosen_scale();

// Settings whose limits never meet this many events.
e2e::settings wide_settings(const std::string& environment = "env_live");

// Lets so much time pass: what is broken stays so, while everything else goes on.
void outlast(std::chrono::milliseconds time);

}  // namespace sendcode::faults
