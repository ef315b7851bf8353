#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sendcode::app {

// What becomes of one environment's document on the settings topic.
struct settings_change {
  enum class kind : std::uint8_t { added, changed, unchanged, deleted };
  struct difference {
    std::string key;     // "sms.limits[0].max"
    std::string before;  // as JSON; empty: not there
    std::string after;
  };

  std::string environment;
  kind what = kind::unchanged;
  std::vector<difference> differences{};  // of one that changed; none if what stood there is no JSON
};

// `before`: what stands there now, if anything does. Order of keys is no difference.
settings_change compare_settings(std::string environment, std::optional<std::string_view> before,
                                 std::string_view after);

nlohmann::ordered_json to_json(const settings_change& change);
// A line, and one a difference.
std::string to_lines(const settings_change& change);

}  // namespace sendcode::app
