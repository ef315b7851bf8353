#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "worker/adapters/redis/protocol.hpp"

struct redisContext;

namespace sendcode::redis_tests {

// A port of loopback that was free a moment ago.
std::uint16_t free_port();

// A folder that goes with its owner.
class temporary_folder {
 public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// A redis-server of our own on loopback, without persistence; ends with its owner (and with this program, however that
// ends). Throws if it doesn't start: a machine without redis-server fails the tests.
class redis_server {
 public:
  // Lines of a sentinel's own configuration, such as `sentinel monitor main 127.0.0.1 6379 1`.
  struct sentinel {
    std::vector<std::string> lines;
  };

  explicit redis_server(std::vector<std::string> options = {});
  explicit redis_server(sentinel as, std::vector<std::string> options = {});
  ~redis_server();
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  void stop();   // SIGKILL
  void start();  // again on the same port, empty
  void freeze() const;
  void thaw() const;

 private:
  void wait_until_it_answers() const;

  temporary_folder folder_;
  std::filesystem::path sentinel_file_;  // empty: no sentinel
  std::vector<std::string> options_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

// Waits for what servers do among themselves, without any help of the test. Throws after 20 s.
template <typename Done>
void wait_until(Done done) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the servers did not come to it in time");
    std::this_thread::sleep_for(std::chrono::milliseconds{5});  // they need the processor themselves
  }
}

// A plain, blocking client for what tests do behind the adapter's back. Errors of Redis come as replies.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  redis::redis_reply command(const std::vector<std::string>& arguments);

  std::vector<std::string> keys();           // by SCAN
  std::string dump(const std::string& key);  // its value, whatever the type
  std::int64_t pttl(const std::string& key);
  std::int64_t now_ms();

 private:
  redisContext* context_;
};

}  // namespace sendcode::redis_tests
