#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "worker/ports/time.hpp"

namespace sendcode::pipeline {

// The store knows which accounts have lately accepted a text, for only such an account's refusal may fail over (design
// §6). It is told so with the settling of an accepted text, and by each shard no more often than is of use.
class accounts {
 public:
  static constexpr std::chrono::hours told_again_after{1};  // of the 7 days that the store remembers it

  bool is_to_be_told(const std::string& environment_id, const std::string& account_sid, ports::steady_time now) const {
    const auto found = told_.find(environment_id);
    if (found == told_.end() || found->second.account_sid != account_sid) return true;
    return now - found->second.at >= told_again_after;
  }
  void told(const std::string& environment_id, const std::string& account_sid, ports::steady_time now) {
    told_[environment_id] = {account_sid, now};
  }

 private:
  struct last {
    std::string account_sid;
    ports::steady_time at;
  };
  std::unordered_map<std::string, last> told_;  // by environment; bounded by those in the settings
};

}  // namespace sendcode::pipeline
