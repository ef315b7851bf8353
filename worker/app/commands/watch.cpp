#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/since.hpp"
#include "worker/app/commands/status_lines.hpp"

namespace sendcode::app {
namespace {

constexpr std::int64_t count_max = 1'000'000'000;
constexpr std::int64_t timeout_s_max = std::int64_t{365} * 24 * 3'600;

// schemas/delivery-status.schema.json
const std::vector<std::string> statuses = {
    "sent",     "rejected",  "expired",     "failed",   "accepted", "scheduled",           "queued",
    "sending",  "delivered", "undelivered", "canceled", "read",     "partially_delivered", "approved",
    "incorrect"};

struct watch_options {
  std::string config = "worker.yaml";
  std::string challenge;
  std::string environment;
  std::vector<std::string> statuses;
  std::vector<std::string> kinds;
  std::string since;
  std::int64_t count = 0;
  std::int64_t timeout_s = 0;
};

bool is_one_of(const std::string& value, const std::vector<std::string>& wanted) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

bool matches(const kafka::read_record& record, const watch_options& chosen) {
  return (chosen.challenge.empty() || status_member(record, "challenge_id") == chosen.challenge) &&
         (chosen.environment.empty() || status_member(record, "environment_id") == chosen.environment) &&
         is_one_of(status_member(record, "status"), chosen.statuses) &&
         is_one_of(status_member(record, "kind"), chosen.kinds);
}

kafka::read_from where_to_start(const std::string& since) {
  if (since.empty()) return {};
  if (since == "beginning") return {.where = kafka::read_from::kind::beginning};
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  return {.where = kafka::read_from::kind::time, .since = parse_since(since, now).value_or(now)};
}

void watch(const watch_options& chosen, context& with) {
  const auto loaded = load_config(chosen.config, "watch", with);
  if (!loaded) return;
  auto reader = kafka::record_reader::open(to_properties(loaded->kafka), loaded->kafka.delivery_status_topic,
                                           where_to_start(chosen.since), open_most);
  if (!reader) {
    with.err << "sendcode watch: " << reader.error() << '\n';
    with.result = exit_code::unreachable;
    return;
  }
  std::int64_t shown_count = 0;
  const auto each = [&](const kafka::read_record& record) {
    if (!matches(record, chosen)) return true;
    with.out << status_line(record, {.json = with.json, .colours = with.colours})
             << std::endl;  // at once: somebody waits for it
    return ++shown_count != chosen.count;
  };
  const std::chrono::seconds most{chosen.timeout_s == 0 ? timeout_s_max : chosen.timeout_s};
  const auto end = reader->read(each, most);
  if (!end) {
    with.err << "sendcode watch: " << end.error() << '\n';
    with.result = exit_code::unreachable;
  } else if (*end == kafka::read_result::timed_out && chosen.count != 0) {
    with.err << "sendcode watch: " << shown_count << " of " << chosen.count << " statuses came in " << chosen.timeout_s
             << " s\n";
    with.result = exit_code::said_no;
  }
}

}  // namespace

void add_watch_command(CLI::App& program, context& with) {
  auto chosen = std::make_shared<watch_options>();
  auto* command = program.add_subcommand("watch", "Show delivery statuses as they come");
  command->add_option("--config", chosen->config, "worker.yaml")->capture_default_str();
  command->add_option("--challenge", chosen->challenge, "Only this challenge");
  command->add_option("--environment", chosen->environment, "Only this environment");
  command
      ->add_option("--status", chosen->statuses,
                   "Only this status, such as sent or rejected; may be given several times")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(statuses));
  command->add_option("--kind", chosen->kinds, "Only this kind; may be given several times")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"outcome", "receipt", "check"}));
  command
      ->add_option("--since", chosen->since,
                   "Start this long ago (10m, 2h) or at a time (RFC 3339), or at the `beginning`; else at the end")
      ->check([](const std::string& text) {
        const auto wrong = wrong_since(text);
        return text == "beginning" || wrong.empty() ? std::string() : wrong + ", or `beginning`";
      });
  command->add_option("--count", chosen->count, "Stop after this many; 0: never")
      ->check(CLI::Range(std::int64_t{0}, count_max, "NUMBER"))
      ->capture_default_str();
  command
      ->add_option("--timeout", chosen->timeout_s, "Stop after this many seconds; 0: never. With --count, exit 1 then")
      ->check(CLI::Range(std::int64_t{0}, timeout_s_max, "SECONDS"))
      ->capture_default_str();
  command->footer(
      "Columns: time, kind, status, phone number (masked), sender, environment, challenge; then what else there is.\n"
      "Colours stand on a terminal alone, and not with NO_COLOR set.\n\n"
      "Examples:\n"
      "  sendcode watch --config worker.yaml --environment env_live --status failed --status expired\n"
      "  sendcode watch --challenge k3Jw9sQ2vT7yB4nH1cXzLg --since 10m --count 1 --timeout 30 --json");
  command->callback([chosen, &with] { watch(*chosen, with); });
}

}  // namespace sendcode::app
