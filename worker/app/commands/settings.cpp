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
#include "common/logging.hpp"
#include "common/redaction.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/settings_files.hpp"
#include "worker/app/commands/settings_on_topic.hpp"
#include "worker/app/commands/settings_view.hpp"
#include "worker/config/worker_config.hpp"

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
    with.out << (problems.empty() ? file.string() + ": valid\n" : config::to_text(problems));
    return;
  }
  ordered_json out = {{"file", file.string()}, {"valid", problems.empty()}};
  if (!problems.empty()) out["problems"] = ordered_json::array();
  for (const auto& p : problems) {
    out["problems"].push_back({{"line", p.line}, {"key", p.path}, {"value", p.value}, {"allowed", p.allowed}});
  }
  with.out << out.dump() << '\n';
}

void validate(const std::string& directory, context& with) {
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
  for (const auto& file : *files) {
    const auto read = read_settings_file(file);
    const auto problems = read ? std::vector<config::problem>{} : read.error();
    if (!problems.empty()) with.result = exit_code::said_no;
    tell(file, problems, with);
  }
}

void show(const std::string& environment, const std::string& file, context& with) {
  log::set_up(log::level::warn, log::format::text);  // what is wrong with documents is told by the log
  const auto config = load_config(file, "settings show", with);
  if (!config) return;
  const config::secrets_directory secrets(config->secrets_directory);
  const auto snapshot = read_settings(*config, secrets, "settings show", with);
  if (snapshot == nullptr) return;
  with.result = exit_code::said_no;
  if (const auto* settings = snapshot->find(environment)) {
    const auto view = view_of(*settings);
    with.out << (with.json ? view.dump() + '\n' : to_lines(view));
    with.result = exit_code::done;
  } else if (snapshot->is_broken(environment)) {
    with.err << "sendcode settings show: the settings of " << environment << " are not valid\n";
  } else {
    with.err << "sendcode settings show: there is no environment " << shown(environment) << "; there are:";
    for (const auto& [name, ignored] : snapshot->environments) with.err << ' ' << name;
    with.err << '\n';
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
      "  sendcode settings apply settings/env_live.yaml --config worker.yaml");

  auto directory = std::make_shared<std::string>();
  auto* check = settings->add_subcommand("validate", "Check every settings document of a directory");
  check->add_option("directory", *directory, "Where the <environment_id>.yaml files are")->required();
  check->footer(
      "Every problem is told at once, with file, line, key, value and what is allowed. Secrets are not read.\n"
      "Exit codes: 0 all valid, 1 not all, 2 no such directory.\n\n"
      "Example:\n"
      "  sendcode settings validate settings/");
  check->callback([directory, &with] { validate(*directory, with); });

  auto environment = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>("worker.yaml");
  auto* view = settings->add_subcommand("show", "Show an environment's settings as they are in force");
  view->add_option("environment", *environment, "Environment id")->required();
  view->add_option("--config", *file, "worker.yaml")->capture_default_str();
  view->footer(
      "Defaults and the connection id (conn_…) are filled in; a secret is shown by its name and whether it is "
      "there.\n\n"
      "Examples:\n"
      "  sendcode settings show env_live --config worker.yaml\n"
      "  sendcode settings show env_live --json | jq -r .connection_id");
  view->callback([environment, file, &with] { show(*environment, *file, with); });
}

}  // namespace sendcode::app
