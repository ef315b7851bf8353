#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "worker/adapters/redis/gate.hpp"
#include "worker/adapters/redis/link.hpp"
#include "worker/adapters/redis/outage_log.hpp"
#include "worker/adapters/redis/scripts.hpp"
#include "worker/adapters/redis/sentinels.hpp"

namespace sendcode::redis {

// The connection of one thread to one master, made again whenever it breaks: after 50 ms, then twice as long each time
// up to 2 s, with jitter. The master is the one at options.address, or the one that the sentinels name each time. While
// there is no connection, commands fail at once; the first commands of a program wait for the first (first_attempt).
class redis_connection : public std::enable_shared_from_this<redis_connection> {
 public:
  // `on_up` is told each change, on the executor's thread: up is connected, and replicas enough.
  redis_connection(boost::asio::any_io_executor executor, redis_options options, std::vector<const script*> scripts,
                   std::function<void(bool)> on_up);

  void start();
  // No new connection is made, and commands in flight fail. Call it on the executor's thread, before its context ends.
  void stop();

  bool ready() const noexcept { return ready_; }
  // Returns once the first attempt to connect has ended, well or not, or at `until`; at most options.connect_timeout
  // after the start. At once after that.
  awaitable<void> first_attempt(deadline until = deadline::max());
  // Await it at once, as redis_link::request.
  awaitable<reply_result> execute(const redis_command& command, manner how);
  // What is connected is no master any more: commands in flight fail, and the master is looked for again.
  void reconnect(const std::string& reason);

  // Of the last attempt.
  const redis_address& address() const noexcept { return options_.address; }

 private:
  static awaitable<void> run(std::shared_ptr<redis_connection> self);
  awaitable<reply_result> refuse() const;
  awaitable<std::string> connect_once();
  std::string make_link();  // or why not
  awaitable<void> stay_connected();
  awaitable<void> back_off();
  void set_ready(bool ready);
  void on_replicas(const std::string& shortfall);
  void tell();

  boost::asio::any_io_executor executor_;
  redis_options options_;
  std::vector<const script*> scripts_;
  std::function<void(bool)> on_up_;
  std::optional<sentinels> sentinels_;
  std::shared_ptr<redis_link> link_;
  gate first_;
  deadline first_until_{};
  boost::asio::steady_timer changed_;  // never runs out: cancelled when the connection breaks; and the back-off's clock
  bool ready_ = false;
  bool short_ = false;  // of replicas
  bool told_up_ = false;
  bool stopped_ = false;
  std::string broken_by_;
  std::chrono::milliseconds pause_{0};
  std::minstd_rand jitter_;
  outage_log outages_;
  std::set<std::string, std::less<>> warned_;
};

}  // namespace sendcode::redis
