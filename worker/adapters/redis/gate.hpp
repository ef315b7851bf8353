#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "common/async/spawn.hpp"

namespace sendcode::redis {

// Opened once. Whoever waits before it, goes on when it opens or at a deadline of its own. One thread, that of the
// executor; it outlives those who wait.
class gate {
 public:
  explicit gate(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  bool is_open() const noexcept { return open_; }
  void open();
  awaitable<void> wait(boost::asio::steady_timer::time_point until);

 private:
  boost::asio::any_io_executor executor_;
  std::vector<boost::asio::steady_timer*> alarms_;  // of those who wait, in their own frames
  bool open_ = false;
};

}  // namespace sendcode::redis
