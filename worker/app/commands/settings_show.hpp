#pragma once

#include <string>

#include "worker/app/commands/command.hpp"

namespace sendcode::app {

struct show_options {
  std::string environment;
  std::string config = "worker.yaml";
  bool usage = false;
  std::string phone{};  // with usage: what is counted for it too
};

void show_settings(const show_options& chosen, context& with);

}  // namespace sendcode::app
