// `settings apply` and `settings delete`: what stands on the compacted topic.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "common/config/rules.hpp"
#include "common/redaction.hpp"
#include "worker/adapters/kafka/record_writer.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/settings_changes.hpp"
#include "worker/app/commands/settings_files.hpp"
#include "worker/app/commands/settings_on_topic.hpp"
#include "worker/app/commands/settings_warning_lines.hpp"
#include "worker/codec/settings_document.hpp"
#include "worker/codec/settings_json.hpp"

namespace sendcode::app {
namespace {

using nlohmann::ordered_json;

constexpr std::chrono::seconds write_most{30};

struct topic_options {
  std::string config = "worker.yaml";
  std::vector<std::string> names;  // files, or environments
  bool dry_run = false;
};

struct new_document {
  std::string environment;
  std::string json;
  std::string file;
  settings_file read;
};

// All of them, or nothing: then every problem of every file was told.
std::optional<std::vector<new_document>> read_files(const std::vector<std::string>& files, context& with) {
  std::vector<new_document> out;
  std::vector<config::problem> problems;
  with.result = exit_code::said_no;
  for (const auto& file : files) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) with.result = exit_code::wrong_use;
    auto read = read_settings_file(file);
    if (!read) {
      problems.insert(problems.end(), read.error().begin(), read.error().end());
      continue;
    }
    new_document made{read->environment, codec::settings_to_json(read->document), file, std::move(*read)};
    if (std::ranges::find(out, made.environment, &new_document::environment) != out.end()) {
      problems.push_back({file, 0, "environment_id", made.environment, "each environment only once"});
    }
    // As the worker will read it: JSON of 64 KiB at most.
    if (const auto again = codec::decode_settings_json(made.json, made.environment, file); !again) {
      problems.insert(problems.end(), again.error().begin(), again.error().end());
    }
    out.push_back(std::move(made));
  }
  if (!problems.empty()) {
    with.err << config::to_text(problems) << "sendcode settings apply: nothing was written\n";
    return std::nullopt;
  }
  with.result = exit_code::done;
  return out;
}

bool write(const config::worker_config& config, const std::vector<kafka::written_record>& records,
           std::string_view command, context& with) {
  auto writer = kafka::record_writer::open(to_properties(config.kafka), config.kafka.settings_topic, open_most);
  const auto done = writer ? writer->write(records, write_most) : std::unexpected(writer.error());
  if (done) return true;
  with.err << "sendcode settings " << command << ": " << done.error() << '\n';
  with.result = exit_code::unreachable;
  return false;
}

struct change_to_tell {
  settings_change change;
  ordered_json warnings{};  // none of what is deleted
};

// For people: before anything is written, so that what is shown is not only what was done.
void tell_before(const std::vector<change_to_tell>& changes, const context& with) {
  if (with.json) return;
  for (const auto& each : changes) with.out << to_lines(each.change);
  with.out << std::flush;
}

void tell_after(const std::vector<change_to_tell>& changes, bool dry_run, bool written, const context& with) {
  const auto unchanged = [](const auto& each) { return each.change.what == settings_change::kind::unchanged; };
  if (!with.json) {
    if (written) with.out << "written\n";
    if (!written && dry_run) with.out << "nothing was written: --dry-run\n";
    if (!dry_run && std::ranges::all_of(changes, unchanged)) with.out << "nothing to write\n";
    return;
  }
  for (const auto& each : changes) {
    auto line = to_json(each.change);
    line["written"] = written && !unchanged(each);
    if (!each.warnings.is_null()) line["warnings"] = each.warnings;
    with.out << line.dump() << '\n';
  }
}

// Tells, writes unless nothing is to be written, and tells how that went.
void carry_out(const std::vector<change_to_tell>& changes, const std::vector<kafka::written_record>& records,
               const config::worker_config& config, const topic_options& chosen, std::string_view command,
               context& with) {
  tell_before(changes, with);
  const bool written = !chosen.dry_run && !records.empty() && write(config, records, command, with);
  tell_after(changes, chosen.dry_run, written, with);
}

void warn_of_source(const config::worker_config& config, const topic_options& chosen, const context& with) {
  if (config.settings.directory.empty()) return;
  with.err << "sendcode settings: workers with this " << chosen.config << " take settings from "
           << config.settings.directory.string() << ", not from the topic: settings: {topic: true}\n";
}

// In the partition where the environment's document stands already, whoever wrote it: no other one would replace it.
kafka::written_record to_record(const std::string& environment, std::optional<std::string> value,
                                const standing_documents& standing) {
  kafka::written_record out{.key = environment, .headers = {}, .value = std::move(value)};
  if (const auto found = standing.find(environment); found != standing.end()) out.partition = found->second.partition;
  return out;
}

void apply(const topic_options& chosen, context& with) {
  const auto config = load_config(chosen.config, "settings apply", with);
  if (!config) return;
  const auto documents = read_files(chosen.names, with);
  if (!documents) return;
  warn_of_source(*config, chosen, with);
  const auto standing = read_settings_topic(*config, "settings apply", with);
  if (!standing) return;
  const config::secrets_directory secrets(config->secrets_directory);
  std::vector<change_to_tell> changes;
  std::vector<kafka::written_record> records;
  for (const auto& [environment, json, file, read] : *documents) {
    const auto found = standing->find(environment);
    const auto before = found == standing->end() ? std::nullopt : std::optional<std::string_view>(found->second.value);
    const auto warnings = warnings_of(read.settings, &secrets);
    if (!with.json) {
      for (const auto& warning : warnings) with.err << to_line(warning, file, read.document);
    }
    changes.push_back({compare_settings(environment, before, json), to_json(warnings, read.document)});
    if (changes.back().change.what == settings_change::kind::unchanged) continue;
    records.push_back(to_record(environment, json, *standing));
  }
  carry_out(changes, records, *config, chosen, "apply", with);
}

void remove(const topic_options& chosen, context& with) {
  const auto config = load_config(chosen.config, "settings delete", with);
  if (!config) return;
  warn_of_source(*config, chosen, with);
  const auto standing = read_settings_topic(*config, "settings delete", with);
  if (!standing) return;
  std::vector<change_to_tell> changes;
  std::vector<kafka::written_record> records;
  for (const auto& environment : chosen.names) {
    if (!standing->contains(environment)) {
      with.err << "sendcode settings delete: there is no environment " << shown(environment) << " on the topic; there "
               << (standing->empty() ? "is none" : "are:");
      for (const auto& [name, ignored] : *standing) with.err << ' ' << shown(name);
      with.err << ". Nothing was deleted\n";
      with.result = exit_code::said_no;
      return;
    }
    changes.push_back({{.environment = environment, .what = settings_change::kind::deleted}});
    records.push_back(to_record(environment, std::nullopt, *standing));
  }
  carry_out(changes, records, *config, chosen, "delete", with);
}

void add_shared_options(CLI::App& command, topic_options& chosen) {
  command.add_option("--config", chosen.config, "worker.yaml: where Kafka is, and the topic")->capture_default_str();
  command.add_flag("--dry-run", chosen.dry_run, "Show what would change, and write nothing");
}

}  // namespace

void add_settings_topic_commands(CLI::App& program, context& with) {
  auto* settings = program.get_subcommand("settings");

  auto applied = std::make_shared<topic_options>();
  auto* to_apply = settings->add_subcommand("apply", "Put settings documents on the compacted topic");
  to_apply->add_option("files", applied->names, "Files called <environment_id>.yaml")->required();
  add_shared_options(*to_apply, *applied);
  to_apply->footer(
      "All files are checked before anything is written; what differs from the topic is shown first, and what doesn't\n"
      "is not written again. Warnings tell what is valid and may not be wanted, secrets that are not there too; they\n"
      "hold nothing up. Running workers follow within seconds.\n"
      "Exit codes: 0 written, or nothing to write; 1 a document is not valid: nothing was written; 2 wrong use or\n"
      "configuration; 3 Kafka could not be reached, or did not acknowledge in time.\n\n"
      "Examples:\n"
      "  sendcode settings apply settings/*.yaml --config worker.yaml --dry-run\n"
      "  sendcode settings apply settings/env_live.yaml --config worker.yaml");
  to_apply->callback([applied, &with] { apply(*applied, with); });

  auto deleted = std::make_shared<topic_options>();
  auto* to_delete = settings->add_subcommand("delete", "Delete environments from the compacted topic");
  to_delete->add_option("environments", deleted->names, "Environment ids")->required();
  add_shared_options(*to_delete, *deleted);
  to_delete->footer(
      "Their events are rejected as unknown_environment from then on.\n"
      "Exit codes: 0 deleted, 1 there is no such environment, 2 wrong use or configuration, 3 Kafka could not be\n"
      "reached, or did not acknowledge in time.\n\n"
      "Example:\n"
      "  sendcode settings delete env_trial --config worker.yaml");
  to_delete->callback([deleted, &with] { remove(*deleted, with); });
}

}  // namespace sendcode::app
