#pragma once

#include <optional>

#include "worker/domain/phone_number.hpp"
#include "worker/pipeline/services.hpp"
#include "worker/ports/code_checker.hpp"

namespace sendcode::pipeline {

// Checks guesses: counts in the store, derives the code, compares in constant time, consumes. One thread; what changes
// comes by update().
class checker final : public ports::code_checker {
 public:
  checker(ports::code_store& store, ports::event_stream& stream, ports::clock& clock, ports::random_source& random,
          ports::telemetry& telemetry, milliseconds dedupe_ttl, rules initial);

  awaitable<std::expected<ports::check_answer, ports::check_outage>> check(ports::guess made) override;
  // On the checker's own thread.
  void update(rules next) { rules_ = std::move(next); }

 private:
  awaitable<std::expected<ports::check_answer, ports::check_outage>> decide(ports::guess made);
  // Nothing: what the code is made of is not there now, so nobody can say.
  std::optional<bool> is_right(const ports::guess& made, const ports::guess_counted& counted,
                               const domain::phone_number& phone) const;
  void tell(const ports::guess& made, const ports::guess_counted& counted, const domain::phone_number& phone,
            std::string_view status);

  ports::code_store& store_;
  ports::event_stream& stream_;
  ports::clock& clock_;
  ports::random_source& random_;
  ports::telemetry& telemetry_;
  milliseconds dedupe_ttl_;
  rules rules_;
};

}  // namespace sendcode::pipeline
