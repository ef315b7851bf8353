// `settings show`: what is in force, where it comes from, and what of it is used.
#include "worker/app/commands/settings_show.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "common/config/files.hpp"
#include "common/logging.hpp"
#include "common/redaction.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/settings_on_topic.hpp"
#include "worker/app/commands/settings_usage_asked.hpp"
#include "worker/app/commands/settings_view.hpp"
#include "worker/app/commands/settings_warning_lines.hpp"

namespace sendcode::app {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view told_by = "sendcode settings show: ";

void tell_unknown(const std::string& environment, const domain::settings_snapshot& known, context& with) {
  with.result = exit_code::said_no;
  if (known.is_broken(environment)) {
    with.err << told_by << "the settings of " << environment << " are not valid\n";
    return;
  }
  with.err << told_by << "there is no environment " << shown(environment) << "; there "
           << (known.environments.empty() ? "is none" : "are:");
  for (const auto& [name, ignored] : known.environments) with.err << ' ' << name;
  with.err << '\n';
}

void show_usage(const config::worker_config& config, const domain::environment_settings& settings,
                const std::string& phone, context& with) {
  std::optional<domain::phone_number> number;
  if (!phone.empty()) {
    const auto read = domain::parse_phone_number(phone, settings.sms.default_country);
    if (!read) {
      with.err << told_by << "--phone: not a phone number; write it as \"+61491570006\", or as it is dialled in "
               << settings.sms.default_country << '\n';
      with.result = exit_code::wrong_use;
      return;
    }
    number = *read;
  }
  const auto report = ask_usage(config, settings, usage_scope::everything, number);
  if (!report) {
    with.err << told_by << "what is used cannot be told: " << report.error() << '\n';
    with.result = exit_code::unreachable;
    return;
  }
  with.out << (with.json ? to_json(*report).dump() + '\n' : to_lines(*report));
}

// What is left where an allowance is all that there is. Without Redis the settings are shown all the same.
std::optional<usage_report> ask_allowance(const config::worker_config& config,
                                          const domain::environment_settings& settings, const context& with) {
  if (settings.sms.twilio) return std::nullopt;
  auto report = ask_usage(config, settings, usage_scope::allowance, std::nullopt);
  if (report) return std::move(*report);
  with.err << told_by << "what is left of the allowance cannot be told: " << report.error() << '\n';
  return std::nullopt;
}

void show_view(const config::worker_config& config, const domain::environment_settings& settings,
               const written_document& document, const context& with) {
  const auto allowance = ask_allowance(config, settings, with);
  auto warnings = domain::warnings_of(settings);
  const auto missing = domain::missing_secrets_of(settings);
  warnings.insert(warnings.end(), missing.begin(), missing.end());
  auto view = view_of(settings);
  const auto from = origins_of(view, document.tree);
  if (!with.json) {
    with.out << "# " << settings.environment_id << ", from " << document.place << '\n';
    with.out << to_lines(view, from, document.name);
    if (allowance) with.out << "# allowance: " << allowance_text(*allowance) << '\n';
    for (const auto& warning : warnings) with.out << "# " << to_line(warning, document.name, document.tree);
    return;
  }
  const bool has_lines = document.tree.line > 0;
  auto& told = view["origins"] = ordered_json::object();
  for (const auto& [place, of] : from) told[place] = to_text(of, has_lines ? document.place : document.name);
  view["source"] = document.place;
  if (allowance) view["allowance"] = allowance_to_json(*allowance);
  view["warnings"] = to_json(warnings, document.tree);
  with.out << view.dump() << '\n';
}

}  // namespace

void show_settings(const show_options& chosen, context& with) {
  log::set_up(log::level::warn, log::format::text);  // what is wrong with documents is told by the log
  const auto config = load_config(chosen.config, "settings show", with);
  if (!config) return;
  const config::secrets_directory secrets(config->secrets_directory);
  const auto found = find_settings(*config, secrets, "settings show", with);
  if (found.in_force == nullptr) return;
  const auto* settings = found.in_force->find(chosen.environment);
  if (settings == nullptr) return tell_unknown(chosen.environment, *found.in_force, with);
  log::set_up(log::level::error, log::format::text);  // why Redis has no answer is told here
  if (chosen.usage) return show_usage(*config, *settings, chosen.phone, with);
  const auto document = document_of(*config, found, chosen.environment);
  if (!document) {
    with.err << told_by << "the document of " << chosen.environment << " changed while it was read: try again\n";
    with.result = exit_code::said_no;
    return;
  }
  show_view(*config, *settings, *document, with);
}

}  // namespace sendcode::app
