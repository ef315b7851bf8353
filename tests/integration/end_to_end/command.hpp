#pragma once

#include <string>
#include <vector>

#include "tests/integration/end_to_end/world.hpp"

namespace sendcode::e2e {

struct run_result {
  int exit_code = -1;
  std::string output;  // standard output and standard error
};

inline bool holds(const run_result& result, const std::string& part) {
  return result.output.find(part) != std::string::npos;
}

// `sendcode` with these words, and these variables in its environment, until it ends.
run_result sendcode_run(const world& with, std::vector<std::string> words, const environment_variables& more = {});

}  // namespace sendcode::e2e
