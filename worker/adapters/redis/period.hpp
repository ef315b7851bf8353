#pragma once

#include <array>
#include <cstdint>

#include "common/timestamp.hpp"

namespace sendcode::redis {

// A UTC month or day in which an allowance counts.
struct period {
  std::int64_t number = 0;  // 202611 or 20261123
  timestamp start;
  timestamp end;
};
period period_of(timestamp at, bool monthly);

// The two of which Redis' time decides. The first is that of an hour ago: a clock that is ahead of Redis' by less would
// else name the next period before the turn, and what was counted in this one would be forgotten.
std::array<period, 2> periods_around(timestamp now, bool monthly);

}  // namespace sendcode::redis
