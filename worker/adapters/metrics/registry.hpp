#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/ports/telemetry.hpp"

namespace sendcode::metrics {

// All metrics of a process (design §13.8), by prometheus-cpp. Each thread counts through a front of its own, which
// caches its handles; registry and fronts may be used from any thread, a front from one.
class registry {
 public:
  registry();
  ~registry();

  std::unique_ptr<ports::telemetry> make_front();
  // Environments that may stand in a label; others become `_other`. Those beyond the first environments_max do too.
  void know_environments(const std::vector<std::string>& environments);
  // A gauge that is asked for its value at each scrape, on the scraping thread.
  void watch(std::string name, std::string help, std::function<double()> value);

  std::string render();  // Prometheus' text format

  static constexpr std::size_t environments_max = 1000;

 private:
  struct state;
  class front;
  std::unique_ptr<state> state_;
};

}  // namespace sendcode::metrics
