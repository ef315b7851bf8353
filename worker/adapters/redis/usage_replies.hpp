#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "worker/adapters/redis/protocol.hpp"
#include "worker/ports/usage_store.hpp"

namespace sendcode::redis {

std::optional<ports::usage_reply> read_usage(const redis_reply& reply, std::size_t questions);

// SCAN's answer: the cursor to go on with ("0": that was all), and keys.
struct scanned {
  std::string cursor;
  const std::vector<redis_reply>* keys = nullptr;  // of the reply
};
std::optional<scanned> read_scan(const redis_reply& reply);

// What keys of docs/redis.md were counted for; each once, whatever their windows.
class subject_collector {
 public:
  explicit subject_collector(std::string_view environment_id);

  std::string pattern() const;  // SCAN's MATCH
  void take(std::string_view key);
  ports::subjects_in_use found() &&;

 private:
  std::string start_;  // "sc:{env_live}:"
  ports::subjects_in_use found_;
};

}  // namespace sendcode::redis
