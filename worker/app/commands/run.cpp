#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "common/logging.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/worker.hpp"

namespace sendcode::app {
namespace {

void run(const std::string& file, context& with) {
  const auto config = load_config(file, "run", with);
  if (!config) return;
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
