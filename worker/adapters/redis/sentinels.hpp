#pragma once

#include <expected>
#include <string>

#include "worker/adapters/redis/inquiry.hpp"
#include "worker/adapters/redis/sentinel_rotation.hpp"

namespace sendcode::redis {

// A sentinel that answers does so at once; one that hangs holds up the search for no longer.
constexpr std::chrono::milliseconds sentinel_time_max{500};

// Tells where the master is, by asking the sentinels in turn. `options` outlive this.
class sentinels {
 public:
  sentinels(const boost::asio::any_io_executor& executor, const redis_options& options);

  // Takes at most sentinel_time_max for each sentinel.
  awaitable<std::expected<redis_address, std::string>> find_master();
  void misled() { rotation_.misled(); }  // what was found last is no master
  void stop();

 private:
  const redis_options& options_;
  sentinel_rotation rotation_;
  inquiry inquiry_;
  bool stopped_ = false;
};

}  // namespace sendcode::redis
