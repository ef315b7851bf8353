#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "worker/ports/telemetry.hpp"

namespace sendcode::tests {

class counted_telemetry final : public ports::telemetry {
 public:
  void event_ended(std::string_view, domain::purpose, const domain::outcome& outcome, milliseconds age) override {
    ++ended[std::string(to_text(outcome.status))];
    oldest = std::max(oldest, age);
  }
  void attempt_made(const domain::attempt&) override { ++attempts; }
  void dead_lettered(domain::dead_letter_error error) override { ++dead_letters[std::string(to_text(error))]; }
  void check_answered(std::string_view, std::string_view) override {}
  void text_sent(std::string_view, std::string_view country) override { ++texts[std::string(country)]; }
  void code_approved(std::string_view, std::string_view country) override { ++approvals[std::string(country)]; }
  void feedback_ended(std::string_view result) override { ++feedback[std::string(result)]; }
  void receipt_taken(std::string_view, std::string_view status, std::uint32_t) override {
    ++receipts[std::string(status)];
  }
  void receipt_refused(domain::receipt_refusal because) override { ++refusals[std::string(to_text(because))]; }
  void in_flight_changed(int by) override { in_flight += by; }
  void held_changed(int by) override { held += by; }
  void breaker_changed(domain::sender_kind sender, int by) override { breakers[sender] += by; }
  void dependency_up(std::string_view, bool) override {}
  void clock_skew(milliseconds by) override { skew = by; }
  void client_address_uncounted() override { ++addresses_uncounted; }

  std::map<std::string, int> ended, dead_letters, receipts, refusals, feedback;
  std::map<std::string, int> texts, approvals;  // by country
  std::map<domain::sender_kind, int> breakers;  // not closed
  int attempts = 0, in_flight = 0, held = 0, addresses_uncounted = 0;
  milliseconds oldest{0}, skew{0};
};

}  // namespace sendcode::tests
