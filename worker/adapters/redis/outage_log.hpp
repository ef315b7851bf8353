#pragma once

#include <chrono>
#include <set>
#include <string>

#include "worker/adapters/redis/redis_address.hpp"

namespace sendcode::redis {

// What is logged of an outage: each reason once, and then at growing intervals for as long as it lasts.
class outage_log {
 public:
  void down(const redis_address& address, const std::string& reason);
  void up(const redis_address& address);

 private:
  using time_point = std::chrono::steady_clock::time_point;

  std::set<std::string, std::less<>> said_;
  time_point since_{};
  time_point next_{};
  std::chrono::seconds interval_{0};
};

}  // namespace sendcode::redis
