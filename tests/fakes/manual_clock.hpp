#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <memory>
#include <utility>

#include "worker/ports/time.hpp"

namespace sendcode::tests {

// Time that moves only when the test says so. Sleepers wake in the order of their times, and all that they set off is
// done before time moves on.
class manual_clock final : public ports::clock {
 public:
  explicit manual_clock(boost::asio::io_context& context) : context_(context) {}

  timestamp now() const override { return wall_start_ + std::chrono::floor<milliseconds>(since_start_) + skew; }
  ports::steady_time steady_now() const override { return ports::steady_time{since_start_}; }

  awaitable<void> sleep_until(ports::steady_time when) override {
    if (when <= steady_now()) co_return;
    auto timer = std::make_shared<boost::asio::steady_timer>(context_, boost::asio::steady_timer::time_point::max());
    sleepers_.emplace(when, timer);
    co_await timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

  // Does what can be done without time.
  void settle() {
    context_.restart();
    context_.poll();
  }
  void advance(milliseconds by) {
    const auto end = steady_now() + by;
    settle();
    while (!sleepers_.empty() && sleepers_.begin()->first <= end) {
      const auto [when, timer] = *sleepers_.begin();
      sleepers_.erase(sleepers_.begin());
      since_start_ = std::max(since_start_, when.time_since_epoch());
      timer->cancel();
      settle();
    }
    since_start_ = end.time_since_epoch();
    settle();
  }

  milliseconds skew{0};  // of the wall

 private:
  boost::asio::io_context& context_;
  timestamp wall_start_ = from_rfc3339("2026-11-23T08:00:00.000Z").value();
  std::chrono::nanoseconds since_start_{std::chrono::hours{1}};
  std::multimap<ports::steady_time, std::shared_ptr<boost::asio::steady_timer>> sleepers_;
};

}  // namespace sendcode::tests
