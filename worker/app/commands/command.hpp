#pragma once

#include <iosfwd>

namespace CLI {
class App;
}

// The subcommands of `sendcode`. Each adds itself to the program's options and, once chosen, does its work and sets the
// exit code.
namespace sendcode::app {

enum class exit_code : int {
  done = 0,
  said_no = 1,      // it was understood and the answer is no: a wrong code, an invalid document
  wrong_use = 2,    // options, or a configuration that is not valid
  unreachable = 3,  // a server could not be reached in time
};

struct context {
  bool json = false;      // output for programs
  bool colours = false;   // standard output is a terminal that shows them
  bool progress = false;  // standard error is a terminal, which shows how far a long command is
  exit_code result = exit_code::done;
  std::ostream& out;
  std::ostream& err;
};

void add_run_command(CLI::App& program, context& with);
void add_send_command(CLI::App& program, context& with);
void add_check_command(CLI::App& program, context& with);
void add_watch_command(CLI::App& program, context& with);
void add_settings_commands(CLI::App& program, context& with);
void add_settings_topic_commands(CLI::App& program, context& with);  // after add_settings_commands
void add_keys_commands(CLI::App& program, context& with);
void add_tokens_commands(CLI::App& program, context& with);
void add_dead_letters_commands(CLI::App& program, context& with);
void add_doctor_command(CLI::App& program, context& with);
void add_completion_command(CLI::App& program, context& with);  // after all others, which it reads

}  // namespace sendcode::app
