#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "worker/domain/admission.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/delivery.hpp"
#include "worker/pipeline/accounts.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

// An event under lease: what is to be sent, and what the store granted.
struct leased_event {
  const domain::send_code_event& event;
  const domain::send_plan& plan;
  const ports::granted& grant;
  ports::token token{};
  ports::steady_time lease_began;   // before the command that asked for it was written
  std::function<bool()> must_stop;  // drained or revoked: give back what was not sent yet
  std::string receipt_ref{};        // for the texts' receipts; empty: none are asked for
};

// Given back before anything was sent; the event is another member's, or ours after a restart.
struct given_back {};
// The lease is another worker's now: its outcome is to be waited for.
struct lease_lost {};
// The store could not be reached until the drain was over.
struct abandoned {};
using run_result = std::variant<ports::settled, given_back, lease_lost, abandoned>;

// Carries out the steps of a domain::delivery for one event, from lease to settled outcome.
class delivery_run {
 public:
  delivery_run(const services& with, const options& chosen, accounts& known, leased_event leased, secret body);

  awaitable<run_result> run();

 private:
  milliseconds elapsed() const;
  ports::steady_time at(milliseconds since_start) const { return started_ + since_start; }
  ports::text_sender& sender_of(domain::sender_kind kind) const;
  ports::text_order order_now() const;
  ports::event_flags flags() const;

  awaitable<std::optional<run_result>> send(const domain::send_step& step);
  awaitable<std::optional<run_result>> search(const domain::search_step& step);
  bool lease_lasts(milliseconds until) const;
  // Nothing: it is renewed, and time has passed. Else why the run ends.
  awaitable<std::optional<run_result>> renew_lease();
  // True: a text of the shared sender is reserved. False: its allowance is used up.
  awaitable<std::variant<bool, run_result>> reserve_kinde();
  // False: what was to be reserved is used up.
  awaitable<std::variant<bool, run_result>> renew(std::optional<ports::allowance_check> reserve);
  ports::renew_request renewal(std::optional<ports::allowance_check> reserve) const;
  awaitable<run_result> give_back();
  awaitable<std::optional<run_result>> settle(
      domain::outcome outcome);  // nothing: another event has claimed the message

  const services& with_;
  const options& options_;
  accounts& accounts_;
  leased_event leased_;
  secret body_;  // the text, with the code in it
  domain::delivery delivery_;
  ports::steady_time started_;
  ports::steady_time lease_ends_;
  unsigned attempts_ = 0;
  bool kinde_reserved_;
};

}  // namespace sendcode::pipeline
