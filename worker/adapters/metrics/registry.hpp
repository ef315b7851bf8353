#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sendcode::ports {
class telemetry;
}

namespace sendcode::metrics {

constexpr std::size_t labelled_environments_max = 1'000;

// All of the process's metrics (names: design §13.8), shared by the fronts of its threads. Any thread.
class registry {
 public:
  registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  ~registry();

  // For one thread; the registry must outlive it.
  std::unique_ptr<ports::telemetry> make_front();

  // Environments get a label of their own in the order in which they are first known, up to labelled_environments_max,
  // and keep it; all others are
  // `_other`, so that nobody who makes up names makes up series.
  void know_environments(const std::vector<std::string>& environments);
  bool has_label(std::string_view environment) const;

  // Prometheus' text format, 0.0.4.
  std::string render() const;

  struct families;
  families& all() noexcept { return *families_; }

 private:
  std::unique_ptr<families> families_;
};

}  // namespace sendcode::metrics
