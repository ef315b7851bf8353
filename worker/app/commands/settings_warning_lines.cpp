#include "worker/app/commands/settings_warning_lines.hpp"

#include <memory>
#include <nlohmann/json.hpp>

#include "worker/app/commands/settings_origins.hpp"

namespace sendcode::app {

std::vector<domain::settings_warning> warnings_of(domain::environment_settings settings,
                                                  const config::secrets_directory* secrets) {
  auto out = domain::warnings_of(settings);
  if (secrets == nullptr) return out;
  for (auto [used, is_code] : domain::secrets_of(settings)) {
    auto read = secrets->read(used->name);
    const bool usable = read && (!is_code || domain::is_test_code(read->expose()));
    used->value = usable ? std::make_shared<const secret>(std::move(*read)) : nullptr;
  }
  auto missing = domain::missing_secrets_of(settings);
  out.insert(out.end(), std::make_move_iterator(missing.begin()), std::make_move_iterator(missing.end()));
  return out;
}

std::string to_line(const domain::settings_warning& warning, std::string_view document_name,
                    const config::node& document) {
  std::string out(document_name);
  if (const auto line = line_of(document, warning.key); line > 0) out += ':' + std::to_string(line);
  return out + ": warning: " + warning.key + ": " + warning.what + ": " + warning.advice + '\n';
}

nlohmann::ordered_json to_json(const std::vector<domain::settings_warning>& warnings, const config::node& document) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& warning : warnings) {
    auto& entry = out.emplace_back(nlohmann::ordered_json::object());
    if (const auto line = line_of(document, warning.key); line > 0) entry["line"] = line;
    entry["key"] = warning.key;
    entry["what"] = warning.what;
    entry["advice"] = warning.advice;
  }
  return out;
}

}  // namespace sendcode::app
