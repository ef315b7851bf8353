#include "worker/adapters/metrics/metric_registry.hpp"

#include <prometheus/text_serializer.h>

#include "worker/adapters/metrics/families.hpp"
#include "worker/domain/settings.hpp"

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

metric_registry::families::families()
    : events(counter(registry, "sendcode_events_total", "Events by how they ended.")),
      attempts(counter(registry, "sendcode_attempts_total", "Attempts to send a text, by what the sender answered.")),
      dead_letters(counter(registry, "sendcode_dead_letters_total", "Records that were no event, or could not end.")),
      checks(counter(registry, "sendcode_checks_total", "Codes checked, by the answer given.")),
      dependencies(gauge(registry, "sendcode_dependency_up", "Whether what the worker needs answers: 1 or 0.")),
      uncounted_addresses(counter(registry, "sendcode_client_addresses_uncounted_total",
                                  "Events whose client_ip was private or unreadable, and so counted by no limit.")
                              .Add({})),
      in_flight(gauge(registry, "sendcode_in_flight", "Events taken in that have not ended.").Add({})),
      held(gauge(registry, "sendcode_held_events", "Events held because their environment has no sender now.").Add({})),
      clock_skew(gauge(registry, "sendcode_clock_skew_seconds", "The worker's clock minus Redis'.").Add({})),
      send_duration(histogram(registry, "sendcode_send_duration_seconds", "From asking a sender to its answer.",
                              {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      event_age(histogram(registry, "sendcode_event_age_seconds", "From an event's birth to its end.",
                          {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600})) {}

metric_registry::metric_registry() : families_(std::make_unique<families>()) {}
metric_registry::~metric_registry() = default;

void metric_registry::know_environments(const domain::settings_snapshot& settings) {
  const std::lock_guard lock(families_->mutex);
  for (const auto& [environment, document] : settings.environments) {
    if (families_->environments.size() >= labelled_environments_max) return;
    families_->environments.insert(environment);
  }
}

bool metric_registry::has_label(std::string_view environment) const {
  const std::lock_guard lock(families_->mutex);
  return families_->environments.contains(environment);
}

std::string metric_registry::render() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace sendcode::metrics
