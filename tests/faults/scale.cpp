#include "tests/faults/scale.hpp"

#include <cstdlib>
#include <string_view>

namespace sendcode::faults {

const scale& chosen_scale() {
  static const scale chosen = [] {
    const char* const said = std::getenv("SENDCODE_FAULTS");
    scale out;
    if (said != nullptr && std::string_view(said) == "short") {
      out = {.kills = 2,
             .events_a_kill = 60,
             .events = 200,
             .rotations = 6,
             .redis_away = std::chrono::seconds(5),
             .kafka_away = std::chrono::seconds(8),
             .stopped = std::chrono::seconds(20)};
    }
    return out;
  }();
  return chosen;
}

e2e::settings wide_settings(const std::string& environment) {
  return {.environment = environment,
          .limits =
              "[{per: phone, max: 100, window: 30s}, {per: environment, max: 1000000, window: 10m}, "
              "{per: prefix, max: 1000000, window: 10m}]"};
}

void outlast(std::chrono::milliseconds time) {
  tests::eventually([] { return false; }, time);
}

}  // namespace sendcode::faults
