#include "tests/integration/end_to_end/worker.hpp"

#include <csignal>

#include "tests/integration/kafka/cluster.hpp"

namespace sendcode::e2e {
namespace {

environment_variables with_port(environment_variables more, std::uint16_t port) {
  more.emplace_back("SENDCODE_HTTP__INTERNAL__LISTEN", "127.0.0.1:" + std::to_string(port));
  return more;
}

}  // namespace

worker::worker(const std::filesystem::path& config, std::filesystem::path log, std::uint16_t port,
               const environment_variables& more)
    : log_(std::move(log)),
      port_(port),
      process_({SENDCODE_PROGRAM, "run", "--config", config.string()}, log_, with_port(more, port)) {}

bool worker::says(const std::string& sentence, std::chrono::milliseconds at_most) const {
  return tests::eventually([&] { return log().find(sentence) != std::string::npos; }, at_most);
}

void worker::kill() {
  signal(SIGKILL);
  process_.wait(patience);
}

std::optional<int> worker::stop() {
  signal(SIGTERM);
  return process_.wait(patience);
}

}  // namespace sendcode::e2e
