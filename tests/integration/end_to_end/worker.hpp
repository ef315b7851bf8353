#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/integration/end_to_end/http_call.hpp"
#include "tests/integration/end_to_end/process.hpp"

namespace sendcode::e2e {

// How long anything may take before a test gives up on it: a dead member's session, its leases, and asking for its
// texts take half of it.
constexpr std::chrono::seconds patience{60};

// One `sendcode run`.
class worker {
 public:
  worker(const std::filesystem::path& config, std::filesystem::path log, std::uint16_t port,
         const environment_variables& more);

  pid_t pid() const noexcept { return process_.pid(); }
  std::uint16_t port() const noexcept { return port_; }
  std::string log() const { return read_file(log_); }
  // Whether the sentence comes to stand in the log.
  bool says(const std::string& sentence, std::chrono::milliseconds at_most = patience) const;
  bool running() { return process_.running(); }
  void signal(int number) const { process_.signal(number); }
  std::optional<int> wait(std::chrono::milliseconds at_most = patience) { return process_.wait(at_most); }
  void kill();  // SIGKILL, and gone
  std::optional<int> stop();

 private:
  std::filesystem::path log_;
  std::uint16_t port_;
  process process_;
};

}  // namespace sendcode::e2e
