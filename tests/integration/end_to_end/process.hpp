#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sendcode::e2e {

using environment_variables = std::vector<std::pair<std::string, std::string>>;

// A program that a test runs. It is killed with its owner, and if this program ends in whatever way.
class process {
 public:
  // Both outputs go to the end of `log`. The first word is a path.
  process(std::vector<std::string> words, const std::filesystem::path& log, const environment_variables& more = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t pid() const noexcept { return pid_; }
  bool running();
  void signal(int number) const;
  // Its exit code, -signal if a signal ended it; nothing if it still runs then.
  std::optional<int> wait(std::chrono::milliseconds at_most);

 private:
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

std::string read_file(const std::filesystem::path& path);  // empty if it is not there
int occurrences(const std::string& text, const std::string& part);
// Whole or not at all, as a mounted Secret or ConfigMap changes; makes its folder.
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace sendcode::e2e
