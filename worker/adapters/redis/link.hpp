#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/async/spawn.hpp"
#include "worker/adapters/redis/protocol.hpp"
#include "worker/adapters/redis/redis_options.hpp"

namespace sendcode::redis {

// A reply (which may be Redis' own error), or why there will be none.
using reply_result = std::expected<redis_reply, std::string>;
using deadline = std::chrono::steady_clock::time_point;

constexpr std::size_t commands_in_flight_max = 20'000;

// One TCP or TLS connection, from open() until it is closed, once. Commands issued in one turn of the event loop leave
// in one write; replies are matched in order. One thread; owned by shared pointers, one of which its operations hold.
class redis_link : public std::enable_shared_from_this<redis_link> {
 public:
  // `tls` null: plain. `on_closed` is called once, with the reason, before the commands in flight fail with it.
  redis_link(const boost::asio::any_io_executor& executor, std::shared_ptr<boost::asio::ssl::context> tls,
             std::function<void(const std::string&)> on_closed);

  // Empty: open. Else why not.
  awaitable<std::string> open(redis_address address, deadline until);
  // Await it at once: `command` is encoded when the wait begins. `until` must not be earlier than that of the command
  // before; a command without reply by then closes the connection, unless replies to those before it still come.
  awaitable<reply_result> request(const redis_command& command, deadline until);
  void close(const std::string& reason);
  bool is_open() const noexcept { return open_; }

 private:
  struct waiting {
    deadline until;
    std::move_only_function<void(reply_result)> handler;
  };

  awaitable<std::string> connect(redis_address address);
  void issue(const redis_command& command, deadline until, std::move_only_function<void(reply_result)> handler);
  void flush_after_this_turn();
  void flush();
  void read();
  void take(std::string_view bytes);
  void watch();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::function<void(const std::string&)> on_closed_;
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::steady_timer timer_;
  bool open_ = false;
  bool closed_ = false;
  bool flushing_ = false;
  bool silent_ = false;  // the oldest command is late, and nothing has come since
  bool watching_ = false;
  deadline watched_until_{};
  std::string reason_;
  std::string out_;      // of this turn
  std::string leaving_;  // being written
  std::array<char, 16 * 1024> in_{};
  reply_reader reader_;
  std::deque<waiting> waiting_;
};

}  // namespace sendcode::redis
