#pragma once

#include <string>
#include <vector>

#include "tests/integration/end_to_end/world.hpp"

namespace sendcode::e2e {

struct run_result {
  int exit_code = -1;
  std::string output;  // standard output and standard error
};

// `sendcode` with these words, until it ends.
run_result sendcode_run(const world& with, std::vector<std::string> words);

}  // namespace sendcode::e2e
