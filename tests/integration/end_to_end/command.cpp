#include "tests/integration/end_to_end/command.hpp"

namespace sendcode::e2e {

run_result sendcode_run(const world& with, std::vector<std::string> words, const environment_variables& more) {
  const auto log = with.folder.path() / ("cli-" + random_id());
  words.insert(words.begin(), SENDCODE_PROGRAM);
  process running(std::move(words), log, more);
  const auto code = running.wait(patience);
  return {code.value_or(-1), read_file(log)};
}

}  // namespace sendcode::e2e
