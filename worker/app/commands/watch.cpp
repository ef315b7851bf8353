#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <limits>
#include <memory>

#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/status_lines.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds open_most{10};

struct watch_options {
  std::string config = "worker.yaml";
  std::string challenge;
  std::string environment;
  std::string status;
  std::string since;
  std::uint64_t count = 0;
  std::uint64_t timeout_s = 0;
};

bool matches(const kafka::read_record& record, const watch_options& chosen) {
  return (chosen.challenge.empty() || status_member(record, "challenge_id") == chosen.challenge) &&
         (chosen.environment.empty() || status_member(record, "environment_id") == chosen.environment) &&
         (chosen.status.empty() || status_member(record, "status") == chosen.status);
}

kafka::read_from where_to_start(const std::string& since) {
  if (since.empty()) return {};
  if (since == "beginning") return {.where = kafka::read_from::kind::beginning};
  const auto back =
      CLI::AsNumberWithUnit(std::map<std::string, std::uint64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}});
  std::string text = since;
  back(text);
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  return {.where = kafka::read_from::kind::time, .since = now - std::chrono::seconds(std::stoull(text))};
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
  std::uint64_t shown_count = 0;
  const auto each = [&](const kafka::read_record& record) {
    if (!matches(record, chosen)) return true;
    with.out << status_line(record, with.json) << std::endl;  // at once: somebody waits for it
    return ++shown_count != chosen.count;
  };
  const auto most = chosen.timeout_s == 0 ? std::chrono::hours{24 * 365} : std::chrono::seconds(chosen.timeout_s);
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
  command->add_option("--status", chosen->status, "Only this status, such as sent or rejected");
  command->add_option("--since", chosen->since, "Start this long ago (10m, 2h), or at the `beginning`; else at the end")
      ->check([](const std::string& text) {
        const bool fits =
            text == "beginning" || (text.size() > 1 && text.find_first_not_of("0123456789") == text.size() - 1 &&
                                    std::string("smhd").find(text.back()) != std::string::npos && text.size() < 9);
        return fits ? std::string() : "a number with s, m, h or d behind it, or `beginning`";
      });
  command->add_option("--count", chosen->count, "Stop after this many; 0: never")->capture_default_str();
  command
      ->add_option("--timeout", chosen->timeout_s, "Stop after this many seconds; 0: never. With --count, exit 1 then")
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  sendcode watch --config worker.yaml --environment env_live --status failed\n"
      "  sendcode watch --challenge k3Jw9sQ2vT7yB4nH1cXzLg --since 10m --count 1 --timeout 30 --json");
  command->callback([chosen, &with] { watch(*chosen, with); });
}

}  // namespace sendcode::app
