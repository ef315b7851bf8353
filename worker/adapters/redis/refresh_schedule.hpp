#pragma once

#include <chrono>

namespace sendcode::redis {

// However many calls are redirected: a cluster is not asked for its map more often.
constexpr std::chrono::milliseconds refresh_pause{200};
// While a master cannot be reached, for nobody tells when another takes its place.
constexpr std::chrono::milliseconds recheck_pause{500};

// When a cluster is asked for its slots. No I/O.
class refresh_schedule {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  void want() noexcept { wanted_ = true; }  // MOVED, or a connection was lost
  void asked(time_point now) noexcept {     // the asking begins
    wanted_ = false;
    last_ = now;
  }
  // When to ask next; `settled`: a map is there, and all its nodes are connected.
  time_point next(bool settled) const noexcept {
    if (wanted_) return last_ + refresh_pause;
    return settled ? time_point::max() : last_ + recheck_pause;
  }

 private:
  time_point last_{};
  bool wanted_ = true;
};

}  // namespace sendcode::redis
