#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/files.hpp"
#include "common/config/tree.hpp"
#include "worker/domain/settings_warnings.hpp"

// Warnings (domain/settings_warnings.hpp) as `settings validate`, `show` and `apply` tell them.
namespace sendcode::app {

// All of them: of the document, and of its secrets if it is known where they are kept.
std::vector<domain::settings_warning> warnings_of(domain::environment_settings settings,
                                                  const config::secrets_directory* secrets);

// env_live.yaml:12: warning: sms.code_ttl: …. Take 10m or less…
std::string to_line(const domain::settings_warning& warning, std::string_view document_name,
                    const config::node& document);
// [{"line", "key", "what", "advice"}]; without a line where the document has none.
nlohmann::ordered_json to_json(const std::vector<domain::settings_warning>& warnings, const config::node& document);

}  // namespace sendcode::app
