#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "common/config/files.hpp"
#include "common/redaction.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/settings_files.hpp"
#include "worker/app/commands/settings_show.hpp"
#include "worker/app/commands/settings_warning_lines.hpp"

namespace sendcode::app {
namespace {

using nlohmann::ordered_json;

// The documents of a directory by name, and those that only look like some. Nothing: it cannot be read.
std::optional<std::vector<std::filesystem::path>> list_documents(const std::string& directory) {
  std::vector<std::filesystem::path> out;
  std::error_code error;
  std::filesystem::directory_iterator at(directory, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const auto name = at->path().filename().string();
    const bool document = name.ends_with(".yaml") || name.ends_with(".yml");
    if (document && !name.starts_with('.')) out.push_back(at->path());
  }
  if (error) return std::nullopt;
  std::ranges::sort(out);
  return out;
}

void tell(const std::filesystem::path& file, const std::vector<config::problem>& problems, const context& with) {
  if (!with.json) {
    with.out << config::to_text(problems);
    return;
  }
  ordered_json out = {{"file", file.string()}, {"valid", false}, {"problems", ordered_json::array()}};
  for (const auto& p : problems) {
    out["problems"].push_back({{"line", p.line}, {"key", p.path}, {"value", p.value}, {"allowed", p.allowed}});
  }
  with.out << out.dump() << '\n';
}

void tell_valid(const std::filesystem::path& file, const settings_file& read, const config::secrets_directory* secrets,
                const context& with) {
  const auto warnings = warnings_of(read.settings, secrets);
  if (with.json) {
    const ordered_json out = {{"file", file.string()}, {"valid", true}, {"warnings", to_json(warnings, read.document)}};
    with.out << out.dump() << '\n';
    return;
  }
  with.out << file.string() << ": valid\n";
  for (const auto& warning : warnings) with.out << to_line(warning, file.string(), read.document);
}

void validate(const std::string& directory, const std::string& secrets_directory, context& with) {
  const auto files = list_documents(directory);
  if (!files) {
    with.err << "sendcode settings validate: " << shown(directory) << " is no directory that can be read\n";
    with.result = exit_code::wrong_use;
    return;
  }
  if (files->empty()) {
    with.err << "sendcode settings validate: no <environment_id>.yaml in " << shown(directory) << '\n';
    with.result = exit_code::said_no;
  }
  const config::secrets_directory secrets(secrets_directory);
  for (const auto& file : *files) {
    if (const auto read = read_settings_file(file)) {
      tell_valid(file, *read, secrets_directory.empty() ? nullptr : &secrets, with);
    } else {
      with.result = exit_code::said_no;
      tell(file, read.error(), with);
    }
  }
}

}  // namespace

void add_settings_commands(CLI::App& program, context& with) {
  auto* settings = program.add_subcommand("settings", "Check, show and change the environments' settings");
  settings->require_subcommand(1);
  settings->footer(
      "Examples:\n"
      "  sendcode settings validate settings/\n"
      "  sendcode settings show env_live --config worker.yaml\n"
      "  sendcode settings show env_live --config worker.yaml --usage\n"
      "  sendcode settings apply settings/env_live.yaml --config worker.yaml");

  auto directory = std::make_shared<std::string>();
  auto secrets = std::make_shared<std::string>();
  auto* check = settings->add_subcommand("validate", "Check every settings document of a directory");
  check->add_option("directory", *directory, "Where the <environment_id>.yaml files are")->required();
  check->add_option("--secrets", *secrets, "The secrets directory, to warn of secrets that are not there");
  check->footer(
      "Every problem is told at once, with file, line, key, value and what is allowed; then warnings of what is valid\n"
      "and may not be wanted, which change no exit code.\n"
      "Exit codes: 0 all valid, 1 not all, 2 no such directory.\n\n"
      "Examples:\n"
      "  sendcode settings validate settings/\n"
      "  sendcode settings validate settings/ --secrets secrets/ --json | jq '.warnings[]?.what'");
  check->callback([directory, secrets, &with] { validate(*directory, *secrets, with); });

  auto chosen = std::make_shared<show_options>();
  auto* view = settings->add_subcommand("show", "Show an environment's settings as they are in force");
  view->add_option("environment", chosen->environment, "Environment id")->required();
  view->add_option("--config", chosen->config, "worker.yaml")->capture_default_str();
  auto* usage = view->add_flag("--usage", chosen->usage, "Show the limits beside what is used of them now, by Redis");
  view->add_option("--phone", chosen->phone, "With --usage: also what is counted for this phone; it is shown masked")
      ->needs(usage);
  view->footer(
      "Defaults and the connection id (conn_…) are filled in, each value with where it comes from; a secret is shown\n"
      "by its name and whether it is there. An environment without a Twilio account is shown with what is left of its\n"
      "10 texts this month. Nothing is written to Redis.\n"
      "Exit codes: 0 shown, even if Redis does not tell what is left; 1 there is no such environment, or its settings\n"
      "are not valid; 2 wrong use or configuration; 3 Kafka (settings on the topic) or, with --usage, Redis could not\n"
      "be reached.\n\n"
      "Examples:\n"
      "  sendcode settings show env_live --config worker.yaml\n"
      "  sendcode settings show env_live --json | jq -r .connection_id\n"
      "  sendcode settings show env_live --usage --phone \"+61491570006\"");
  view->callback([chosen, &with] { show_settings(*chosen, with); });
}

}  // namespace sendcode::app
