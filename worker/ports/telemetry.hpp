#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "worker/domain/event.hpp"
#include "worker/domain/outcome.hpp"
#include "worker/domain/twilio_receipt.hpp"

// What is counted about the running worker. Any thread; never waits. Label values come from closed sets (design §12):
// implementations map what is outside them to `_other` or `other`.
namespace sendcode::ports {

class telemetry {
 public:
  virtual ~telemetry() = default;
  virtual void event_ended(std::string_view environment, domain::purpose purpose, const domain::outcome& outcome,
                           std::chrono::milliseconds age) = 0;
  virtual void attempt_made(const domain::attempt& attempt) = 0;
  virtual void dead_lettered(domain::dead_letter_error error) = 0;
  virtual void check_answered(std::string_view environment, std::string_view status) = 0;
  // A text that a sender took, or a code that was right; test numbers' are neither. `country` is the number's.
  virtual void text_sent(std::string_view environment, std::string_view country) = 0;
  virtual void code_approved(std::string_view environment, std::string_view country) = 0;
  // What became of telling Twilio of an approved code: confirmed, refused, no_text, unanswered, dropped.
  virtual void feedback_ended(std::string_view result) = 0;
  virtual void receipt_taken(std::string_view environment, std::string_view status, std::uint32_t error_code) = 0;
  virtual void receipt_refused(domain::receipt_refusal because) = 0;
  virtual void in_flight_changed(int by) = 0;
  virtual void held_changed(int by) = 0;
  // A sender's breaker for an account left the closed state (1), or came back to it (-1).
  virtual void breaker_changed(domain::sender_kind sender, int by) = 0;
  virtual void dependency_up(std::string_view dependency, bool up) = 0;  // kafka, redis, twilio, kinde, settings
  virtual void clock_skew(std::chrono::milliseconds skew) = 0;
  virtual void client_address_uncounted() = 0;
};

}  // namespace sendcode::ports
