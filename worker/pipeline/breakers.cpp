#include "worker/pipeline/breakers.hpp"

#include <algorithm>

#include "common/logging.hpp"

namespace sendcode::pipeline {

using domain::breaker;
using domain::sender_kind;

std::optional<breaker::permit> breakers::allow(sender_kind sender, const domain::environment_settings& of) {
  return this->of(sender, of).allow(now());
}

bool breakers::ended(const domain::environment_settings& of, breaker::permit permit, const domain::attempt& made) {
  breaker& its = this->of(made.sender, of);
  const bool was_closed = its.current() == breaker::state::closed;
  its.ended(permit, breaker_result(made), now(), with_.random.unit());
  const bool closed = its.current() == breaker::state::closed;
  if (was_closed && !closed) {
    with_.telemetry.breaker_changed(made.sender, 1);
    log::warn("a sender fails again and again: its texts go by the other sender or wait, and it is tried now and then",
              {{"sender", to_text(made.sender)}, {"environment", of.environment_id}, {"refused", its.was_refused()}});
  } else if (!was_closed && closed) {
    with_.telemetry.breaker_changed(made.sender, -1);
    log::info("a sender is as before", {{"sender", to_text(made.sender)}, {"environment", of.environment_id}});
  }
  return its.current() == breaker::state::open;
}

bool breakers::would_allow_any(const std::vector<sender_kind>& senders, const domain::environment_settings& of) {
  return std::ranges::any_of(senders, [&](sender_kind each) { return this->of(each, of).would_allow(now()); });
}

bool breakers::was_refused(sender_kind sender, const domain::environment_settings& of) {
  return this->of(sender, of).was_refused();
}

breaker& breakers::of(sender_kind sender, const domain::environment_settings& environment) {
  const auto& twilio = environment.sms.twilio;
  if (sender != sender_kind::twilio || !twilio) return known_[{sender, {}, {}}];
  if (known_.size() >= kept_most) forget_closed();
  return known_[{sender, twilio->region, twilio->account_sid}];
}

milliseconds breakers::now() const {
  return std::chrono::duration_cast<milliseconds>(with_.clock.steady_now().time_since_epoch());
}

void breakers::forget_closed() {
  std::erase_if(known_, [](const auto& each) { return each.second.current() == breaker::state::closed; });
}

}  // namespace sendcode::pipeline
