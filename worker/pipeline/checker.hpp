#pragma once

#include "worker/domain/guess_memory.hpp"
#include "worker/domain/phone_number.hpp"
#include "worker/pipeline/feedback.hpp"
#include "worker/pipeline/services.hpp"
#include "worker/ports/answer_store.hpp"
#include "worker/ports/code_checker.hpp"

namespace sendcode::pipeline {

// Checks guesses: counts in the store, derives the code, compares in constant time, consumes. One thread; what changes
// comes by update().
class checker final : public ports::code_checker {
 public:
  checker(ports::code_store& store, ports::answer_store& answers, ports::event_stream& stream, ports::clock& clock,
          ports::random_source& random, ports::telemetry& telemetry, milliseconds dedupe_ttl, rules initial);

  awaitable<std::expected<ports::check_answer, ports::check_outage>> check(ports::guess made) override;
  // On the checker's own thread.
  void update(rules next) { rules_ = std::move(next); }
  // Hears of approvals in environments that ask for it; must outlive the checker. Before the first check.
  void tell_approvals_to(feedback& listener) { feedback_ = &listener; }

 private:
  using decision = std::expected<ports::given_answer, ports::check_outage>;

  // A guess, and what it is judged by from beginning to end, whatever changes meanwhile.
  struct matter {
    const ports::guess& made;
    const rules& in_force;
    const domain::environment_settings& environment;
    const domain::phone_number& phone;
    timestamp now;
  };

  awaitable<std::expected<ports::check_answer, ports::check_outage>> decide(const ports::guess& made);
  // Under an Idempotency-Key: the answer that was given before, or the first.
  awaitable<std::expected<ports::check_answer, ports::check_outage>> decide_once(const matter& of);
  awaitable<decision> judge(const matter& of, const ports::token& token);
  awaitable<decision> compare(const matter& of, const ports::check_request& asked, const ports::guess_counted& counted);
  static bool is_right(const matter& of, const ports::guess_counted& counted);
  static ports::check_answer to_check_answer(const matter& of, const ports::given_answer& answer);
  ports::given_answer approve(const matter& of, const ports::guess_counted& counted);
  void tell(const matter& of, const ports::guess_counted& counted, std::string_view status);
  void pass_on_approval(const matter& of);

  ports::code_store& store_;
  ports::answer_store& answers_;
  ports::event_stream& stream_;
  ports::clock& clock_;
  ports::random_source& random_;
  ports::telemetry& telemetry_;
  milliseconds dedupe_ttl_;
  rules rules_;
  domain::guess_memory memory_;
  feedback* feedback_ = nullptr;
};

}  // namespace sendcode::pipeline
