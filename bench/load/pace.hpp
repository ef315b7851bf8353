#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>

namespace sendcode::bench {

// How many are due by now at a steady rate; looked at once a millisecond.
class pace {
 public:
  explicit pace(double per_second) : per_second_(per_second) {}

  std::uint64_t due() const {
    if (per_second_ <= 0) return std::numeric_limits<std::uint64_t>::max();
    const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - began_;
    return static_cast<std::uint64_t>(gone.count() * per_second_);
  }
  static void rest() { std::this_thread::sleep_for(std::chrono::milliseconds{1}); }

 private:
  double per_second_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace sendcode::bench
