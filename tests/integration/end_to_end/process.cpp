#include "tests/integration/end_to_end/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/integration/kafka/cluster.hpp"

namespace sendcode::e2e {

process::process(std::vector<std::string> words, const std::filesystem::path& log, const environment_variables& more) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (out < 0 || nothing < 0) throw std::runtime_error("cannot open " + log.string());
  // Built before the fork: between it and exec only calls that are safe there.
  std::vector<std::string> settings;
  for (char** each = environ; *each != nullptr; ++each) settings.emplace_back(*each);
  for (const auto& [name, value] : more) settings.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (auto& each : settings) envp.push_back(each.data());
  envp.push_back(nullptr);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    dup2(nothing, 0);
    dup2(out, 1);
    dup2(out, 2);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(out);
  close(nothing);
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

process::~process() {
  if (!running()) return;
  signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool process::running() {
  return !wait(std::chrono::milliseconds{0});
}

void process::signal(int number) const {
  if (!ended_) kill(pid_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds at_most) {
  tests::eventually(
      [&] {
        int status = 0;
        if (!ended_ && waitpid(pid_, &status, WNOHANG) == pid_) {
          ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        }
        return ended_.has_value();
      },
      at_most);
  return ended_;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int occurrences(const std::string& text, const std::string& part) {
  int out = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++out;
  return out;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  auto fresh = path;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string());
  std::filesystem::rename(fresh, path);
}

}  // namespace sendcode::e2e
