#pragma once

#include <sys/resource.h>

#include <chrono>

namespace sendcode::bench {

// User and system time of this process, all its threads.
inline std::chrono::microseconds process_cpu() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& part) {
    return std::chrono::seconds{part.tv_sec} + std::chrono::microseconds{part.tv_usec};
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

}  // namespace sendcode::bench
