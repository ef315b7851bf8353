#pragma once

#include <cstddef>
#include <deque>
#include <expected>
#include <string>
#include <vector>

#include "worker/adapters/redis/protocol.hpp"
#include "worker/adapters/redis/redis_address.hpp"

namespace sendcode::redis {

// Which sentinel is asked next. No I/O. A search asks each at most once; the one that answered is asked first the next
// time, and the one whose master was none is asked last.
class sentinel_rotation {
 public:
  explicit sentinel_rotation(const std::vector<redis_address>& sentinels)
      : order_(sentinels.begin(), sentinels.end()) {}

  void begin() noexcept { asked_ = 0; }
  // Null: all have been asked. Valid until the next call that is not const.
  const redis_address* next() noexcept;
  void answered();  // by the one that next() gave last
  void misled();    // by the one that answered

 private:
  std::deque<redis_address> order_;
  std::size_t asked_ = 0;  // of order_, from its front
};

// The answer to SENTINEL GET-MASTER-ADDR-BY-NAME. The error is a reason for the log.
std::expected<redis_address, std::string> read_master(const redis_reply& reply, const std::string& name, bool tls);

}  // namespace sendcode::redis
