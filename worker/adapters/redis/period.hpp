#pragma once

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

}  // namespace sendcode::redis
