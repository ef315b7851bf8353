#include <string_view>

#include "worker/config/worker_config.hpp"

extern "C" char** environ;  // NOLINT: POSIX declares it nowhere

namespace sendcode::config {

std::vector<std::pair<std::string, std::string>> read_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || !entry.starts_with("SENDCODE_")) continue;
    out.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

}  // namespace sendcode::config
