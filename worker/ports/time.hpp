#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "common/async/spawn.hpp"
#include "common/timestamp.hpp"

// Time and randomness come in from outside, so that the pipeline also runs on a virtual clock.
namespace sendcode::ports {

using steady_time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

class clock {
 public:
  virtual ~clock() = default;
  virtual timestamp now() const = 0;           // of the wall: may jump
  virtual steady_time steady_now() const = 0;  // never goes back: for deadlines
  // Returns at `when` or, without an error, once the timer's owner is being stopped.
  virtual awaitable<void> sleep_until(steady_time when) = 0;
};

class random_source {
 public:
  virtual ~random_source() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;  // fit for keys
  virtual double unit() = 0;                           // [0, 1), for jitter
};

}  // namespace sendcode::ports
