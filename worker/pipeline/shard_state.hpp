#pragma once

#include <cstdint>
#include <functional>

#include "worker/pipeline/accounts.hpp"
#include "worker/pipeline/breakers.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

// What the events of a shard share. One thread.
struct shard_state {
  const services& with;
  const options& chosen;
  pipeline::rules rules;
  pipeline::accounts accounts{};
  pipeline::breakers breakers{with};
  std::uint32_t held = 0;
  std::uint32_t in_flight = 0;
  std::function<void()> room_in_flight{};  // to be called where an event leaves those in flight before it has ended
  bool draining = false;
};

}  // namespace sendcode::pipeline
