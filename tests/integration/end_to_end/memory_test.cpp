// Who may look into a worker's memory: §12 of the design.
#include <unistd.h>

#include "tests/integration/end_to_end/process.hpp"
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

// As an ordinary user runs it: root could look into everything.
std::vector<std::string> without_capabilities(std::vector<std::string> words) {
  if (geteuid() == 0) words.insert(words.begin(), {"/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all"});
  return words;
}

// Whether another process of the same user may read what this one's memory holds.
bool may_be_read(const world& with, pid_t pid) {
  process reader(without_capabilities({"/usr/bin/head", "-c", "1", "/proc/" + std::to_string(pid) + "/environ"}),
                 with.folder.path() / "reader.log");
  return reader.wait(patience) == EXIT_SUCCESS;
}

}  // namespace

TEST_CASE("another process of the same user may not look into the worker's memory") {
  world with;
  process worker(
      without_capabilities({SENDCODE_PROGRAM, "run", "--config", (with.folder.path() / "worker.yaml").string()}),
      with.folder.path() / "worker.log");
  REQUIRE(eventually(
      [&] { return read_file(with.folder.path() / "worker.log").find("joining the group") != std::string::npos; },
      patience));
  CHECK_FALSE(may_be_read(with, worker.pid()));

  process other(without_capabilities({"/usr/bin/sleep", "60"}), with.folder.path() / "other.log");
  CHECK(eventually([&] { return may_be_read(with, other.pid()); }, patience));  // so the look itself works
}
