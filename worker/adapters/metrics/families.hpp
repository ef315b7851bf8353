#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <mutex>
#include <set>

#include "worker/adapters/metrics/registry.hpp"

namespace sendcode::metrics {

struct registry::families {
  families();

  prometheus::Registry series;
  prometheus::Family<prometheus::Counter>& events;
  prometheus::Family<prometheus::Counter>& attempts;
  prometheus::Family<prometheus::Counter>& dead_letters;
  prometheus::Family<prometheus::Counter>& checks;
  prometheus::Family<prometheus::Counter>& texts;
  prometheus::Family<prometheus::Counter>& texts_by_country;
  prometheus::Family<prometheus::Counter>& approvals;
  prometheus::Family<prometheus::Counter>& approvals_by_country;
  prometheus::Family<prometheus::Counter>& feedback;
  prometheus::Family<prometheus::Counter>& receipts;
  prometheus::Family<prometheus::Counter>& receipts_refused;
  prometheus::Family<prometheus::Gauge>& dependencies;
  prometheus::Family<prometheus::Gauge>& breakers;
  prometheus::Counter& uncounted_addresses;
  prometheus::Gauge& in_flight;
  prometheus::Gauge& held;
  prometheus::Gauge& clock_skew;
  prometheus::Histogram& send_duration;
  prometheus::Histogram& event_age;

  mutable std::mutex mutex;  // of the set below
  std::set<std::string, std::less<>> environments;
};

}  // namespace sendcode::metrics
