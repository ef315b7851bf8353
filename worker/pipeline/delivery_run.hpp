#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "worker/domain/admission.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/delivery.hpp"
#include "worker/pipeline/event_lease.hpp"
#include "worker/pipeline/shard_state.hpp"

namespace sendcode::pipeline {

// An event under lease: what is to be sent, and what the store granted.
struct leased_event {
  const domain::send_code_event& event;
  const ports::record_position& position;
  const domain::send_plan& plan;
  const ports::granted& grant;
  ports::token token{};
  ports::steady_time lease_began;                // before the command that asked for it was written
  std::function<domain::verdict()> judge_again;  // by the settings that are in force now
  std::string receipt_ref{};                     // for the texts' receipts; empty: none are asked for
};

// Given back before anything was sent; the event is another member's, or ours after a restart.
struct given_back {};
// The lease is another worker's now: its outcome is to be waited for.
struct lease_lost {};
// Left as it was when we had to stop, for the store was away or a sender may have the text: the lease runs out.
struct abandoned {};
using run_result = std::variant<ports::settled, given_back, lease_lost, abandoned>;

// Carries out the steps of a domain::delivery for one event, from lease to settled outcome.
class delivery_run {
 public:
  delivery_run(shard_state& shard, leased_event leased, secret body);

  awaitable<run_result> run();

 private:
  milliseconds elapsed() const;
  ports::steady_time at(milliseconds since_start) const { return started_ + since_start; }
  const domain::environment_settings& environment() const { return *plan_->environment; }
  bool must_stop() const;
  ports::text_sender& sender_of(domain::sender_kind kind) const;
  ports::text_order order_now() const;
  ports::event_flags flags() const;

  // Each carries out one step. Nothing: it is done. Else why the run ends.
  awaitable<std::optional<run_result>> send(const domain::send_step& step);
  awaitable<std::optional<run_result>> search(const domain::search_step& step);
  awaitable<std::optional<run_result>> hold(const domain::hold_step& step);
  awaitable<std::optional<run_result>> wait(const domain::wait_step& step);
  awaitable<std::optional<run_result>> finish(domain::outcome outcome);

  // Nothing: it is renewed, and time has passed. Else why the run ends.
  awaitable<std::optional<run_result>> renew_lease();
  // The same for an event that is not in flight: if it is time to, and had we to stop, nothing.
  awaitable<std::optional<run_result>> keep_lease();
  // The same, with a text of the shared sender reserved; or the delivery was told that it may not be used.
  awaitable<std::optional<run_result>> reserve_kinde(bool if_trusted);
  // Nothing: we had to stop while the store was away.
  awaitable<std::optional<ports::renew_reply>> renew(ports::renew_request request);
  ports::renew_request renewal() const { return lease_.renewal(flags(), record_life()); }
  milliseconds record_life() const;
  // What stands in the settings now; false: the event cannot be sent by them, for now or at all.
  bool judge_again();
  // What becomes of an event that is not in flight when we have to stop.
  awaitable<run_result> leave();
  awaitable<run_result> give_back();
  awaitable<std::optional<run_result>> settle(
      domain::outcome outcome);  // nothing: another event has claimed the message

  shard_state& shard_;
  const services& with_;
  leased_event leased_;
  const domain::send_plan* plan_;
  std::optional<domain::send_plan> later_plan_;  // by settings that came into force while it was held
  secret body_;                                  // the text, with the code in it
  domain::delivery delivery_;
  ports::steady_time started_;
  event_lease lease_;
  unsigned attempts_ = 0;
  unsigned hold_tries_ = 0;
  bool kinde_reserved_;
  ports::allowance_check reserved_of_;  // with kinde_reserved_: settings may change before it is given back
};

}  // namespace sendcode::pipeline
