#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/timestamp.hpp"

namespace sendcode::pipeline {

// Which sender accounts have lately accepted a text, as far as this shard saw. Only such an account's refusal may fail
// over to the shared sender: a made-up account is no free pass (design §6).
class accounts {
 public:
  static constexpr std::chrono::hours trusted_for{7 * 24};

  void accepted(const std::string& account_sid, timestamp now) { last_accepted_[account_sid] = now; }
  bool is_trusted(const std::string& account_sid, timestamp now) const {
    const auto found = last_accepted_.find(account_sid);
    return found != last_accepted_.end() && now - found->second < trusted_for;
  }

 private:
  std::unordered_map<std::string, timestamp> last_accepted_;  // bounded by the accounts in the settings
};

}  // namespace sendcode::pipeline
