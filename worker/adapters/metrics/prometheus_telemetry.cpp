#include "worker/adapters/metrics/prometheus_telemetry.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "worker/adapters/metrics/families.hpp"
#include "worker/domain/error_text.hpp"

namespace sendcode::metrics {
namespace {

using prometheus::Counter;

constexpr std::string_view other_environment = "_other";
constexpr std::string_view other = "other";
constexpr std::array<std::string_view, 5> check_statuses = {"approved", "incorrect", "expired", "locked_out",
                                                            "not_found"};
constexpr std::array<std::string_view, 5> feedback_results = {"confirmed", "refused", "no_text", "unanswered",
                                                              "dropped"};
constexpr std::array<std::string_view, 5> dependencies = {"kafka", "redis", "twilio", "kinde", "settings"};

template <std::size_t N>
std::size_t place_in(const std::array<std::string_view, N>& known, std::string_view value) {
  return static_cast<std::size_t>(std::ranges::find(known, value) - known.begin());  // N: none of them
}

template <std::size_t N>
std::string label_at(const std::array<std::string_view, N>& known, std::size_t place) {
  return std::string(place < N ? known[place] : other);
}

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

using counters = std::unordered_map<std::uint64_t, Counter*>;

// The counter under `key`; made by `add` when it is first asked for.
template <typename Add>
Counter& counter_at(counters& in, std::uint64_t key, Add add) {
  Counter*& found = in[key];
  if (found == nullptr) found = &add();
  return *found;
}

// A code outside the table shares one series with all such.
constexpr std::uint32_t other_code = UINT32_MAX;

std::uint32_t labelled_code(std::uint32_t code) {
  return code == 0 || !domain::error_text(code).empty() ? code : other_code;
}

std::string code_label(std::uint32_t code) {
  if (code == other_code) return std::string(other);
  return code == 0 ? "none" : std::to_string(code);
}

// ISO 3166-1: two capitals, of which there are no more than 676. 0: nothing of that form.
std::uint32_t country_number(std::string_view country) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (country.size() != 2 || !std::ranges::all_of(country, is_capital)) return 0;
  return 1 + static_cast<std::uint32_t>(country[0] - 'A') * 26 + static_cast<std::uint32_t>(country[1] - 'A');
}

std::string country_label(std::uint32_t number) {
  if (number == 0) return std::string(other);
  return {static_cast<char>('A' + (number - 1) / 26), static_cast<char>('A' + (number - 1) % 26)};
}

double in_seconds(std::chrono::milliseconds value) {
  return std::chrono::duration<double>(value).count();
}

}  // namespace

// Texts or approvals: never under a country and an environment at once (design §12).
struct prometheus_telemetry::conversion {
  prometheus::Family<Counter>& of_environment;
  prometheus::Family<Counter>& of_country;
  counters environments{};
  counters countries{};
};

struct prometheus_telemetry::cache {
  explicit cache(registry::families& in)
      : texts{in.texts, in.texts_by_country}, approvals{in.approvals, in.approvals_by_country} {}

  // Numbers of the environments that have a label; 0 is _other.
  std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>> numbers;
  std::vector<std::string> names{std::string(other_environment)};
  counters events;
  counters attempts;
  counters dead_letters;
  counters checks;
  counters receipts;
  counters refused_receipts;
  counters feedback;
  conversion texts;
  conversion approvals;
};

prometheus_telemetry::prometheus_telemetry(registry& shared)
    : shared_(shared), cache_(std::make_unique<cache>(shared.all())) {}
prometheus_telemetry::~prometheus_telemetry() = default;

std::uint32_t prometheus_telemetry::environment_number(std::string_view environment) {
  const auto found = cache_->numbers.find(environment);
  if (found != cache_->numbers.end()) return found->second;
  if (!shared_.has_label(environment)) return 0;
  const auto number = static_cast<std::uint32_t>(cache_->names.size());
  cache_->names.emplace_back(environment);
  cache_->numbers.emplace(environment, number);
  return number;
}

void prometheus_telemetry::event_ended(std::string_view environment, domain::purpose purpose,
                                       const domain::outcome& outcome, std::chrono::milliseconds age) {
  const auto number = environment_number(environment);
  const auto key = std::uint64_t{number} << 32 | std::uint64_t{static_cast<std::uint8_t>(purpose)} << 24 |
                   std::uint64_t{static_cast<std::uint8_t>(outcome.status)} << 16 |
                   std::uint64_t{static_cast<std::uint8_t>(outcome.reason)} << 8 |
                   std::uint64_t{static_cast<std::uint8_t>(outcome.limited_by)};
  const auto add = [&]() -> Counter& {
    return shared_.all().events.Add({{"environment", cache_->names[number]},
                                     {"purpose", std::string(domain::to_text(purpose))},
                                     {"status", std::string(domain::to_text(outcome.status))},
                                     {"reason", domain::reason_text(outcome)}});
  };
  counter_at(cache_->events, key, add).Increment();
  shared_.all().event_age.Observe(in_seconds(age));
}

void prometheus_telemetry::attempt_made(const domain::attempt& attempt) {
  const std::uint32_t code = labelled_code(attempt.error_code);
  const auto key = std::uint64_t{static_cast<std::uint8_t>(attempt.sender)} << 40 |
                   std::uint64_t{static_cast<std::uint8_t>(attempt.outcome)} << 32 | code;
  const auto add = [&]() -> Counter& {
    return shared_.all().attempts.Add({{"sender", std::string(domain::to_text(attempt.sender))},
                                       {"outcome", std::string(domain::to_text(attempt.outcome))},
                                       {"error_code", code_label(code)}});
  };
  counter_at(cache_->attempts, key, add).Increment();
  shared_.all().send_duration.Observe(in_seconds(attempt.latency));
}

void prometheus_telemetry::dead_lettered(domain::dead_letter_error error) {
  const auto add = [&]() -> Counter& {
    return shared_.all().dead_letters.Add({{"error", std::string(domain::to_text(error))}});
  };
  counter_at(cache_->dead_letters, static_cast<std::uint64_t>(error), add).Increment();
}

void prometheus_telemetry::check_answered(std::string_view environment, std::string_view status) {
  const auto number = environment_number(environment);
  const auto place = place_in(check_statuses, status);
  const auto add = [&]() -> Counter& {
    return shared_.all().checks.Add(
        {{"environment", cache_->names[number]}, {"status", label_at(check_statuses, place)}});
  };
  counter_at(cache_->checks, std::uint64_t{number} << 32 | place, add).Increment();
}

void prometheus_telemetry::count(conversion& side, std::string_view environment, std::string_view country) {
  const auto number = environment_number(environment);
  const auto add_environment = [&]() -> Counter& {
    return side.of_environment.Add({{"environment", cache_->names[number]}});
  };
  counter_at(side.environments, number, add_environment).Increment();
  const auto place = country_number(country);
  const auto add_country = [&]() -> Counter& { return side.of_country.Add({{"country", country_label(place)}}); };
  counter_at(side.countries, place, add_country).Increment();
}

void prometheus_telemetry::text_sent(std::string_view environment, std::string_view country) {
  count(cache_->texts, environment, country);
}

void prometheus_telemetry::code_approved(std::string_view environment, std::string_view country) {
  count(cache_->approvals, environment, country);
}

void prometheus_telemetry::feedback_ended(std::string_view result) {
  const auto place = place_in(feedback_results, result);
  const auto add = [&]() -> Counter& {
    return shared_.all().feedback.Add({{"result", label_at(feedback_results, place)}});
  };
  counter_at(cache_->feedback, place, add).Increment();
}

void prometheus_telemetry::receipt_taken(std::string_view environment, std::string_view status,
                                         std::uint32_t error_code) {
  const auto number = environment_number(environment);
  const auto place = place_in(domain::receipt_statuses, status);
  const auto code = labelled_code(error_code);
  const auto add = [&]() -> Counter& {
    return shared_.all().receipts.Add({{"environment", cache_->names[number]},
                                       {"status", label_at(domain::receipt_statuses, place)},
                                       {"error_code", code_label(code)}});
  };
  counter_at(cache_->receipts, std::uint64_t{number} << 40 | std::uint64_t{place} << 32 | code, add).Increment();
}

void prometheus_telemetry::receipt_refused(domain::receipt_refusal because) {
  const auto add = [&]() -> Counter& {
    return shared_.all().receipts_refused.Add({{"because", std::string(domain::to_text(because))}});
  };
  counter_at(cache_->refused_receipts, static_cast<std::uint64_t>(because), add).Increment();
}

void prometheus_telemetry::in_flight_changed(int by) {
  shared_.all().in_flight.Increment(by);
}
void prometheus_telemetry::held_changed(int by) {
  shared_.all().held.Increment(by);
}

void prometheus_telemetry::breaker_changed(domain::sender_kind sender, int by) {
  shared_.all().breakers.Add({{"sender", std::string(domain::to_text(sender))}}).Increment(by);
}

void prometheus_telemetry::dependency_up(std::string_view dependency, bool up) {
  const auto place = place_in(dependencies, dependency);
  shared_.all().dependencies.Add({{"dependency", label_at(dependencies, place)}}).Set(up ? 1 : 0);
}

void prometheus_telemetry::clock_skew(std::chrono::milliseconds skew) {
  shared_.all().clock_skew.Set(in_seconds(skew));
}

void prometheus_telemetry::client_address_uncounted() {
  shared_.all().uncounted_addresses.Increment();
}

}  // namespace sendcode::metrics
