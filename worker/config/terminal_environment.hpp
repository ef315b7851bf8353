#pragma once

#include <string>

namespace sendcode::config {

// What the environment says of a terminal; empty: nothing.
struct terminal_environment {
  std::string no_color;  // NO_COLOR
  std::string term;      // TERM
};
terminal_environment read_terminal_environment();

}  // namespace sendcode::config
