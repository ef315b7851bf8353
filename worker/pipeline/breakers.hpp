#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "worker/domain/breaker.hpp"
#include "worker/domain/settings.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

// The circuit breakers of a shard: one for each account at each host of Twilio's, and one for the Kinde sender, which
// all environments share. One thread.
class breakers {
 public:
  // Beyond it those that are closed are forgotten, with nothing but their window.
  static constexpr std::size_t kept_most = 10'000;

  explicit breakers(const services& with) : with_(with) {}

  // Nothing: this sender is not to be asked for the environment now.
  std::optional<domain::breaker::permit> allow(domain::sender_kind sender, const domain::environment_settings& of);
  // What came of an attempt that was let through. True: the breaker is open.
  bool ended(const domain::environment_settings& of, domain::breaker::permit permit, const domain::attempt& made);
  // Whether one of the senders would be let through.
  bool would_allow_any(const std::vector<domain::sender_kind>& senders, const domain::environment_settings& of);
  // The sender's breaker is not closed because the sender refuses the account.
  bool was_refused(domain::sender_kind sender, const domain::environment_settings& of);

 private:
  // By sender, host and account.
  using key = std::tuple<domain::sender_kind, domain::twilio_region, std::string>;

  domain::breaker& of(domain::sender_kind sender, const domain::environment_settings& environment);
  milliseconds now() const;
  void forget_closed();

  const services& with_;
  std::map<key, domain::breaker> known_;
};

}  // namespace sendcode::pipeline
