#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "common/logging.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/worker.hpp"

namespace sendcode::app {
namespace {

// What worker.yaml may say and this version cannot do yet: better no worker than one that only seems to.
std::vector<std::string> not_yet_supported(const config::worker_config& config) {
  std::vector<std::string> out;
  if (config.redis.mode != config::redis_mode::standalone) {
    out.emplace_back("redis.url: redis+sentinel:// and redis+cluster://: name one server with redis:// or rediss://");
  }
  if (config.redis.replicas_min != 0) out.emplace_back("redis.replicas_min above 0");
  return out;
}

void run(const std::string& file, context& with) {
  const auto config = load_config(file, "run", with);
  if (!config) return;
  if (const auto refused = not_yet_supported(*config); !refused.empty()) {
    for (const auto& what : refused) with.err << file << ": not supported yet: " << what << '\n';
    with.result = exit_code::wrong_use;
    return;
  }
  log::set_up(config->log_level, config->log_format);
  auto made = worker::make(*config);
  if (!made) {
    with.err << made.error() << "sendcode run: the worker cannot start\n";
    with.result = exit_code::wrong_use;
    return;
  }
  with.result = (*made)->run() ? exit_code::done : exit_code::unreachable;
}

}  // namespace

void add_run_command(CLI::App& program, context& with) {
  auto file = std::make_shared<std::string>("worker.yaml");
  auto* command = program.add_subcommand("run", "Run the worker until SIGTERM");
  command->add_option("--config", *file, "worker.yaml")->capture_default_str();
  command->footer(
      "Every key of worker.yaml can be overridden by the environment: SENDCODE_REDIS__URL for redis.url.\n"
      "SIGTERM drains and exits 0; a second one ends at once.\n\n"
      "Example:\n"
      "  sendcode run --config /etc/sendcode/worker.yaml");
  command->callback([file, &with] { run(*file, with); });
}

}  // namespace sendcode::app
