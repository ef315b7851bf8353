#include "worker/adapters/metrics/registry.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <unordered_map>

#include "worker/domain/sender_answer.hpp"

namespace sendcode::metrics {
namespace {

const prometheus::Histogram::BucketBoundaries send_seconds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35,
                                                              0.5,   0.75, 1,     2,    3,   5,   10};
const prometheus::Histogram::BucketBoundaries age_seconds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                             2.5,  5,     10,   30,  60,   300, 600};

double in_seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

}  // namespace

struct registry::state {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& events =
      prometheus::BuildCounter().Name("sendcode_events_total").Help("Events that ended, by outcome").Register(registry);
  prometheus::Family<prometheus::Counter>& attempts = prometheus::BuildCounter()
                                                          .Name("sendcode_attempts_total")
                                                          .Help("Requests to senders, by what the answer meant")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& send_duration = prometheus::BuildHistogram()
                                                                 .Name("sendcode_send_duration_seconds")
                                                                 .Help("Time that a request to a sender took")
                                                                 .Register(registry);
  prometheus::Family<prometheus::Histogram>& event_age =
      prometheus::BuildHistogram()
          .Name("sendcode_event_age_seconds")
          .Help("Age of events when they ended, counted from their birth")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& in_flight = prometheus::BuildGauge()
                                                         .Name("sendcode_in_flight")
                                                         .Help("Events that were started and have not ended")
                                                         .Register(registry);
  prometheus::Family<prometheus::Gauge>& held = prometheus::BuildGauge()
                                                    .Name("sendcode_held_events")
                                                    .Help("Events that wait for settings, a secret or a sender")
                                                    .Register(registry);
  prometheus::Family<prometheus::Gauge>& dependency_up =
      prometheus::BuildGauge().Name("sendcode_dependency_up").Help("1: it answers, 0: it does not").Register(registry);
  prometheus::Family<prometheus::Gauge>& clock_skew = prometheus::BuildGauge()
                                                          .Name("sendcode_clock_skew_seconds")
                                                          .Help("This machine's clock less that of Redis")
                                                          .Register(registry);
  prometheus::Family<prometheus::Counter>& dead_letters = prometheus::BuildCounter()
                                                              .Name("sendcode_dead_letters_total")
                                                              .Help("Records that could not be events, by error")
                                                              .Register(registry);
  prometheus::Family<prometheus::Counter>& checks = prometheus::BuildCounter()
                                                        .Name("sendcode_checks_total")
                                                        .Help("Guesses that were answered, by answer")
                                                        .Register(registry);
  prometheus::Family<prometheus::Counter>& uncounted_addresses =
      prometheus::BuildCounter()
          .Name("sendcode_uncounted_client_addresses_total")
          .Help("Events whose client address is absent, private or unreadable, so that no limit counts it")
          .Register(registry);

  struct watched {
    prometheus::Gauge& gauge;
    std::function<double()> value;
  };
  std::mutex mutex;  // of what follows; never taken on the path of an event that a front has seen the like of
  std::vector<watched> watched_gauges;
  std::set<std::string, std::less<>> environments;
  std::atomic<std::uint64_t> environments_version{0};

  std::string label_of(std::string_view environment) {
    const std::scoped_lock lock(mutex);
    return environments.contains(environment) ? std::string(environment) : "_other";
  }
};

// Counts for one thread. Handles that were looked up once are kept; what is kept is forgotten when the known
// environments change.
class registry::front final : public ports::telemetry {
 public:
  explicit front(state& shared)
      : shared_(shared),
        in_flight_(shared.in_flight.Add({})),
        held_(shared.held.Add({})),
        skew_(shared.clock_skew.Add({})),
        uncounted_(shared.uncounted_addresses.Add({})),
        age_(shared.event_age.Add({}, age_seconds)),
        twilio_seconds_(shared.send_duration.Add({{"sender", "twilio"}}, send_seconds)),
        kinde_seconds_(shared.send_duration.Add({{"sender", "kinde"}}, send_seconds)) {}

  void event_ended(std::string_view environment, domain::purpose purpose, const domain::outcome& outcome,
                   std::chrono::milliseconds age) override {
    key_.assign(environment).append(1, '\0').append(to_text(purpose)).append(1, '\0').append(to_text(outcome.status));
    key_.append(1, '\0').append(domain::reason_text(outcome));
    cached(events_, [&]() -> prometheus::Counter& {
      return shared_.events.Add({{"environment", shared_.label_of(environment)},
                                 {"purpose", std::string(to_text(purpose))},
                                 {"status", std::string(to_text(outcome.status))},
                                 {"reason", domain::reason_text(outcome)}});
    }).Increment();
    age_.Observe(in_seconds(age));
  }

  void attempt_made(const domain::attempt& attempt) override {
    const bool known = !domain::error_meaning(attempt.error_code).empty();
    const std::string code = attempt.error_code == 0 ? "" : known ? std::to_string(attempt.error_code) : "other";
    key_.assign(to_text(attempt.sender)).append(1, '\0').append(to_text(attempt.outcome)).append(1, '\0').append(code);
    cached(attempts_, [&]() -> prometheus::Counter& {
      return shared_.attempts.Add({{"sender", std::string(to_text(attempt.sender))},
                                   {"outcome", std::string(to_text(attempt.outcome))},
                                   {"error_code", code}});
    }).Increment();
    (attempt.sender == domain::sender_kind::kinde ? kinde_seconds_ : twilio_seconds_)
        .Observe(in_seconds(attempt.latency));
  }

  void dead_lettered(domain::dead_letter_error error) override {
    shared_.dead_letters.Add({{"error", std::string(to_text(error))}}).Increment();
  }
  void check_answered(std::string_view environment, std::string_view status) override {
    shared_.checks.Add({{"environment", shared_.label_of(environment)}, {"status", std::string(status)}}).Increment();
  }
  void in_flight_changed(int by) override { in_flight_.Increment(by); }
  void held_changed(int by) override { held_.Increment(by); }
  void dependency_up(std::string_view dependency, bool up) override {
    shared_.dependency_up.Add({{"dependency", std::string(dependency)}}).Set(up ? 1 : 0);
  }
  void clock_skew(std::chrono::milliseconds skew) override { skew_.Set(in_seconds(skew)); }
  void client_address_uncounted() override { uncounted_.Increment(); }

 private:
  using counters = std::unordered_map<std::string, prometheus::Counter*>;

  // The counter for `key_`, made once.
  template <typename Make>
  prometheus::Counter& cached(counters& known, const Make& make) {
    if (const auto version = shared_.environments_version.load(std::memory_order_acquire); version != version_) {
      version_ = version;
      events_.clear();
    }
    const auto found = known.find(key_);
    if (found != known.end()) return *found->second;
    auto& made = make();
    // An environment that nobody knows must not fill the cache.
    if (known.size() < cached_max) known.emplace(key_, &made);
    return made;
  }

  static constexpr std::size_t cached_max = 20'000;

  state& shared_;
  prometheus::Gauge& in_flight_;
  prometheus::Gauge& held_;
  prometheus::Gauge& skew_;
  prometheus::Counter& uncounted_;
  prometheus::Histogram& age_;
  prometheus::Histogram& twilio_seconds_;
  prometheus::Histogram& kinde_seconds_;
  std::string key_;
  counters events_;
  counters attempts_;
  std::uint64_t version_ = 0;
};

registry::registry() : state_(std::make_unique<state>()) {}
registry::~registry() = default;

std::unique_ptr<ports::telemetry> registry::make_front() {
  return std::make_unique<front>(*state_);
}

void registry::know_environments(const std::vector<std::string>& environments) {
  const std::scoped_lock lock(state_->mutex);
  const auto before = state_->environments.size();
  for (const auto& environment : environments) {
    if (state_->environments.size() == environments_max) break;
    state_->environments.insert(environment);
  }
  if (state_->environments.size() != before) state_->environments_version.fetch_add(1, std::memory_order_release);
}

void registry::watch(std::string name, std::string help, std::function<double()> value) {
  auto& gauge = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add({});
  const std::scoped_lock lock(state_->mutex);
  state_->watched_gauges.push_back({gauge, std::move(value)});
}

std::string registry::render() {
  {
    const std::scoped_lock lock(state_->mutex);
    for (auto& [gauge, value] : state_->watched_gauges) gauge.Set(value());
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace sendcode::metrics
