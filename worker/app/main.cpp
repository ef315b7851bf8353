#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "common/logging.hpp"
#include "common/redaction.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/terminal.hpp"

int main(int argc, char** argv) {
  using namespace sendcode::app;
  // Before any secret is read: no core file, and no other process of this user may look into our memory.
  prctl(PR_SET_DUMPABLE, 0);
  // Until `run` knows better: what goes wrong, to standard error.
  sendcode::log::set_up(sendcode::log::level::warn, sendcode::log::format::text);
  CLI::App program{
      "sendcode texts people their sign-in codes: it takes send-code events from Kafka, keeps limits and codes in\n"
      "Redis, sends through Twilio or the Kinde sender, and publishes delivery statuses."};
  program.name("sendcode");
  program.set_version_flag("--version", "sendcode " SENDCODE_VERSION);
  program.require_subcommand(1);
  program.fallthrough();
  program.footer(
      "Examples:\n"
      "  sendcode run --config worker.yaml\n"
      "  sendcode settings validate settings/\n"
      "  sendcode send --config worker.yaml --environment env_live --application app_web --phone +61491570006 --wait\n"
      "\n"
      "Exit codes: 0 done, 1 the answer is no, 2 wrong use or configuration, 3 a server could not be reached.\n"
      "`sendcode COMMAND --help` tells more.");

  context with{.out = std::cout, .err = std::cerr};
  with.colours = wants_colours(isatty(STDOUT_FILENO) == 1, sendcode::config::read_terminal_environment());
  with.progress = isatty(STDERR_FILENO) == 1;
  program.add_flag("--json", with.json, "Output for programs: JSON, one object a line");
  add_run_command(program, with);
  add_send_command(program, with);
  add_check_command(program, with);
  add_watch_command(program, with);
  add_settings_commands(program, with);
  add_settings_topic_commands(program, with);
  add_keys_commands(program, with);
  add_tokens_commands(program, with);
  add_dead_letters_commands(program, with);
  add_doctor_command(program, with);
  add_completion_command(program, with);

  const auto is_first_word = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && program.get_subcommands(is_first_word).empty()) {
    std::cerr << "sendcode: there is no command '" << sendcode::shown(argv[1]) << "'. sendcode --help lists them.\n";
    return static_cast<int>(exit_code::wrong_use);
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // CLI11 has codes of its own; for scripts a wrong use is 2, and help is no error.
    return program.exit(e) == 0 ? static_cast<int>(exit_code::done) : static_cast<int>(exit_code::wrong_use);
  } catch (const std::exception& e) {
    std::cerr << "sendcode: " << e.what() << '\n';
    return static_cast<int>(exit_code::wrong_use);
  }
  return static_cast<int>(with.result);
}
