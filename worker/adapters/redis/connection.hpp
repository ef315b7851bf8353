#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "worker/adapters/redis/link.hpp"
#include "worker/adapters/redis/scripts.hpp"

namespace sendcode::redis {

// The connection of one thread to one Redis, made again whenever it breaks: after 50 ms, then twice as long each time
// up to 2 s, with jitter. While there is none, commands fail at once; the first commands of a program wait for the
// first connection (first_attempt).
class redis_connection : public std::enable_shared_from_this<redis_connection> {
 public:
  // `on_up` is told each change, on the executor's thread.
  redis_connection(boost::asio::any_io_executor executor, redis_options options, std::vector<const script*> scripts,
                   std::function<void(bool)> on_up);

  void start();
  // No new connection is made, and commands in flight fail. Call it on the executor's thread, before its context ends.
  void stop();

  bool ready() const noexcept { return ready_; }
  // Returns once the first attempt to connect has ended, well or not; at most options.connect_timeout. At once after
  // that.
  awaitable<void> first_attempt();
  // Await it at once, as redis_link::request.
  awaitable<reply_result> execute(const redis_command& command);

  const redis_options& options() const noexcept { return options_; }

 private:
  // Said once, and then at growing intervals, for as long as it lasts.
  class outage_log {
   public:
    void down(const redis_address& address, const std::string& reason);
    void up(const redis_address& address);

   private:
    std::set<std::string, std::less<>> said_;
    deadline since_{};
    deadline next_{};
    std::chrono::seconds interval_{0};
  };

  static awaitable<void> run(std::shared_ptr<redis_connection> self);
  awaitable<reply_result> refuse() const;
  awaitable<std::string> connect_once();
  awaitable<void> stay_connected();
  awaitable<void> back_off();
  void set_ready(bool ready);

  boost::asio::any_io_executor executor_;
  redis_options options_;
  std::vector<const script*> scripts_;
  std::function<void(bool)> on_up_;
  std::shared_ptr<redis_link> link_;
  boost::asio::steady_timer first_;    // never runs out: cancelled when the first attempt has ended
  boost::asio::steady_timer changed_;  // the same for "the connection broke"; and the back-off's clock
  bool attempted_ = false;
  bool ready_ = false;
  bool stopped_ = false;
  std::string broken_by_;
  std::chrono::milliseconds pause_{0};
  std::minstd_rand jitter_;
  outage_log outages_;
  std::set<std::string, std::less<>> warned_;
};

}  // namespace sendcode::redis
