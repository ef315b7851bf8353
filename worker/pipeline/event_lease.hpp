#pragma once

#include <functional>
#include <optional>

#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

// An event's lease: how long it lasts, and what is asked of the store under it. Event and services must outlive it. One
// thread.
class event_lease {
 public:
  // `began`: before the command that asked for it was written.
  event_lease(const services& with, const domain::send_code_event& event, const ports::token& token,
              ports::steady_time began)
      : with_(with), event_(event), token_(token), ends_(began + ports::lease_duration) {}

  // An attempt that ends at `until` ends inside the lease, with time left to settle its outcome.
  bool lasts(ports::steady_time until) const;

  // What every request under the lease bears; the rest is the caller's.
  ports::renew_request renewal(const ports::event_flags& flags, milliseconds record_life) const;
  ports::settle_request settlement(const ports::event_flags& flags, milliseconds record_life) const;

  // Nothing: the store was away, and `give_up` said so. A lease that was renewed lasts anew.
  awaitable<std::optional<ports::renew_reply>> renew(ports::renew_request request, std::function<bool()> give_up);
  // One try: a lease that could not be given back runs out by itself.
  awaitable<void> give_back(ports::renew_request request);
  // Asks until the store answers.
  awaitable<ports::settle_reply> settle(const ports::settle_request& request);

 private:
  const services& with_;
  const domain::send_code_event& event_;
  ports::token token_;
  ports::steady_time ends_;
};

}  // namespace sendcode::pipeline
