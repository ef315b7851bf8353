#pragma once

#include <algorithm>
#include <chrono>

namespace sendcode::domain {

// Full jitter: anything from nothing to the doubled ceiling, so that many who failed together do not come back
// together.
struct backoff {
  std::chrono::milliseconds first{100};
  std::chrono::milliseconds most{3000};

  // The ceiling before try `number` (2 is the first retry): first, twice that, and so on up to `most`.
  constexpr std::chrono::milliseconds ceiling(unsigned number) const noexcept {
    auto out = first;
    for (unsigned i = 2; i < number && out < most; ++i) out *= 2;
    return std::min(out, most);
  }
  // `unit` is in [0, 1).
  constexpr std::chrono::milliseconds before(unsigned number, double unit) const noexcept {
    return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(ceiling(number).count()) * unit));
  }
};

}  // namespace sendcode::domain
