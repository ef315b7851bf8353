#pragma once

#include <expected>
#include <string>

#include "tests/sandbox/core/sandbox.hpp"

namespace sendcode::sandbox {

struct options {
  std::string ready_file;
  std::string listen = "127.0.0.1:0";
  std::string kinde_listen = "127.0.0.1:0";
  std::string control_listen = "127.0.0.1:0";
  std::string directory;  // empty: a fresh one, removed at the end
  bool kafka = false;
  int partitions = 8;
  setup with;
};

// What stands on the command line; or the exit code of a program that is done already (it printed help, or what is
// wrong).
std::expected<options, int> read_options(int argc, const char* const* argv);

}  // namespace sendcode::sandbox
