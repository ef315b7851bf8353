#pragma once

#include <memory>

#include "worker/adapters/metrics/registry.hpp"
#include "worker/ports/telemetry.hpp"

namespace sendcode::metrics {

// A thread's front of the registry: it remembers the counters that it has used, so that an event costs a look-up by
// number and an atomic addition. Each thread has its own; the registry must outlive it.
class prometheus_telemetry final : public ports::telemetry {
 public:
  explicit prometheus_telemetry(registry& shared);
  ~prometheus_telemetry() override;

  void event_ended(std::string_view environment, domain::purpose purpose, const domain::outcome& outcome,
                   std::chrono::milliseconds age) override;
  void attempt_made(const domain::attempt& attempt) override;
  void dead_lettered(domain::dead_letter_error error) override;
  void check_answered(std::string_view environment, std::string_view status) override;
  void text_sent(std::string_view environment, std::string_view country) override;
  void code_approved(std::string_view environment, std::string_view country) override;
  void feedback_ended(std::string_view result) override;
  void receipt_taken(std::string_view environment, std::string_view status, std::uint32_t error_code) override;
  void receipt_refused(domain::receipt_refusal because) override;
  void in_flight_changed(int by) override;
  void held_changed(int by) override;
  void breaker_changed(domain::sender_kind sender, int by) override;
  void dependency_up(std::string_view dependency, bool up) override;
  void clock_skew(std::chrono::milliseconds skew) override;
  void client_address_uncounted() override;

 private:
  struct cache;
  struct conversion;
  std::uint32_t environment_number(std::string_view environment);
  // Counts in the environment's series, and in the country's.
  void count(conversion& side, std::string_view environment, std::string_view country);

  registry& shared_;
  std::unique_ptr<cache> cache_;
};

}  // namespace sendcode::metrics
