#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sendcode::e2e {

struct logged_record {
  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> value;
  nlohmann::json data;  // the value, if it is JSON

  std::string header(std::string_view name) const;  // the last of that name; empty: none
};

// Everything that comes to a topic, from its beginning, read by a thread of its own. With SENDCODE_MESSAGES=FILE each
// record is also written there, for tests/contract/validate.
class topic_log {
 public:
  topic_log(const std::string& bootstrap, std::string topic);
  ~topic_log();
  topic_log(const topic_log&) = delete;
  topic_log& operator=(const topic_log&) = delete;

  std::vector<logged_record> records() const;
  std::size_t size() const;
  std::set<std::string> ids() const;  // ce_id of each
  std::vector<logged_record> where(const std::function<bool(const logged_record&)>& fits) const;

 private:
  void read(const std::string& bootstrap);

  std::string topic_;
  mutable std::mutex mutex_;
  std::vector<logged_record> records_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace sendcode::e2e
