#include "worker/config/terminal_environment.hpp"

#include <cstdlib>

namespace sendcode::config {
namespace {

std::string value_of(const char* name) {
  const char* const found = std::getenv(name);
  return found == nullptr ? "" : found;
}

}  // namespace

terminal_environment read_terminal_environment() {
  return {.no_color = value_of("NO_COLOR"), .term = value_of("TERM")};
}

}  // namespace sendcode::config
