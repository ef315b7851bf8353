#pragma once

#include <map>
#include <string>

#include "worker/domain/outcome.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::senders {

// Tells the operator that a sender refuses an account, once per account and code at growing intervals. One thread.
class refusal_log {
 public:
  void tell(std::string_view environment_id, std::string_view account, const domain::attempt& attempt,
            ports::steady_time now);

 private:
  struct told {
    ports::steady_time next{};
    std::chrono::minutes interval{1};
    std::uint64_t untold = 0;
  };
  std::map<std::string, told, std::less<>> told_;
};

}  // namespace sendcode::senders
