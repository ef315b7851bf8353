#include "worker/app/commands/kafka_access.hpp"

#include <ostream>

namespace sendcode::app {

std::optional<config::worker_config> load_config(const std::string& file, std::string_view command, context& with) {
  auto loaded = config::load_worker_config(file, config::read_environment());
  if (!loaded) {
    with.err << config::to_text(loaded.error());
    with.err << "sendcode " << command << ": " << loaded.error().size()
             << (loaded.error().size() == 1 ? " problem" : " problems") << " in the configuration\n";
    with.result = exit_code::wrong_use;
    return std::nullopt;
  }
  const auto refused = kafka::check_properties(to_properties(loaded->kafka), loaded->kafka.group);
  for (const auto& [name, reason] : refused) {
    with.err << file << ": kafka.properties" << (name.empty() ? "" : "." + name) << ": " << reason << '\n';
  }
  if (!refused.empty()) {
    with.result = exit_code::wrong_use;
    return std::nullopt;
  }
  return std::move(*loaded);
}

kafka::property_map to_properties(const config::kafka_config& kafka) {
  kafka::property_map out;
  for (const auto& [name, value] : kafka.properties) out[name] = std::string(value->expose());
  return out;
}

}  // namespace sendcode::app
