#include "worker/adapters/metrics/registry.hpp"

#include <prometheus/text_serializer.h>

#include "worker/adapters/metrics/families.hpp"
#include "worker/adapters/metrics/prometheus_telemetry.hpp"
#include "worker/domain/outcome.hpp"

namespace sendcode::metrics {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Registry;

auto& counter(Registry& in, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(in);
}

auto& gauge(Registry& in, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(in);
}

auto& histogram(Registry& in, const char* name, const char* help, const prometheus::Histogram::BucketBoundaries& at) {
  return BuildHistogram().Name(name).Help(help).Register(in).Add({}, at);
}

}  // namespace

registry::families::families()
    : events(counter(series, "sendcode_events_total", "Events by how they ended.")),
      attempts(counter(series, "sendcode_attempts_total", "Attempts to send a text, by what the sender answered.")),
      dead_letters(counter(series, "sendcode_dead_letters_total", "Records that were no event, or could not end.")),
      checks(counter(series, "sendcode_checks_total", "Codes checked, by the answer given.")),
      texts(counter(series, "sendcode_texts_sent_total", "Texts that a sender took.")),
      texts_by_country(counter(series, "sendcode_texts_sent_by_country_total", "The same, by the number's country.")),
      approvals(counter(series, "sendcode_approvals_total", "Codes that were right; by texts sent, the conversion.")),
      approvals_by_country(
          counter(series, "sendcode_approvals_by_country_total", "The same, by the number's country.")),
      feedback(counter(series, "sendcode_feedback_total",
                       "Approved codes of which Twilio was to be told (Message Feedback), by what became of it.")),
      receipts(
          counter(series, "sendcode_receipts_total", "Twilio's receipts that became a status, by what they told.")),
      receipts_refused(
          counter(series, "sendcode_receipts_refused_total", "Receipts that became no status in time, by why.")),
      dependencies(gauge(series, "sendcode_dependency_up", "Whether what the worker needs answers: 1 or 0.")),
      breakers(
          gauge(series, "sendcode_breaker_state",
                "Circuit breakers that are open or half-open: one for each shard, host and account. 0: all closed.")),
      uncounted_addresses(counter(series, "sendcode_client_addresses_uncounted_total",
                                  "Events whose client_ip was private or unreadable, and so counted by no limit.")
                              .Add({})),
      in_flight(gauge(series, "sendcode_in_flight", "Events taken in that have not ended.").Add({})),
      held(gauge(series, "sendcode_held_events", "Events held because their environment has no sender now.").Add({})),
      clock_skew(gauge(series, "sendcode_clock_skew_seconds", "The worker's clock minus Redis'.").Add({})),
      send_duration(histogram(series, "sendcode_send_duration_seconds", "From asking a sender to its answer.",
                              {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      event_age(histogram(series, "sendcode_event_age_seconds", "From an event's birth to its end.",
                          {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600})) {
  // There from the start, so that an alert tells "all closed" from "no worker".
  for (const auto sender : {domain::sender_kind::twilio, domain::sender_kind::kinde}) {
    breakers.Add({{"sender", std::string(domain::to_text(sender))}});
  }
}

registry::registry() : families_(std::make_unique<families>()) {}
registry::~registry() = default;

std::unique_ptr<ports::telemetry> registry::make_front() {
  return std::make_unique<prometheus_telemetry>(*this);
}

void registry::know_environments(const std::vector<std::string>& environments) {
  const std::lock_guard lock(families_->mutex);
  for (const auto& environment : environments) {
    if (families_->environments.size() >= labelled_environments_max) return;
    families_->environments.insert(environment);
  }
}

bool registry::has_label(std::string_view environment) const {
  const std::lock_guard lock(families_->mutex);
  return families_->environments.contains(environment);
}

std::string registry::render() const {
  return prometheus::TextSerializer().Serialize(families_->series.Collect());
}

}  // namespace sendcode::metrics
