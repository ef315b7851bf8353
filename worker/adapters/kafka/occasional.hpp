#pragma once

#include <algorithm>
#include <chrono>

namespace sendcode::kafka {

// Says something once and then at growing intervals: 1, 2, 4 s, up to a minute.
class occasional {
 public:
  using time = std::chrono::steady_clock::time_point;

  bool is_due(time now) {
    if (now < next_) return false;
    next_ = now + interval_;
    interval_ = std::min(interval_ * 2, interval_max);
    return true;
  }
  // It is over; the next time is a first one.
  void reset() { *this = {}; }
  time next() const { return next_; }

 private:
  static constexpr std::chrono::milliseconds interval_max{60'000};
  std::chrono::milliseconds interval_{1'000};
  time next_{};
};

}  // namespace sendcode::kafka
