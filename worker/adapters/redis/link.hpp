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
#include <vector>

#include "common/async/spawn.hpp"
#include "worker/adapters/redis/protocol.hpp"
#include "worker/adapters/redis/redis_options.hpp"

namespace sendcode::redis {

// A reply (which may be Redis' own error), or why there will be none.
using reply_result = std::expected<redis_reply, std::string>;
using deadline = std::chrono::steady_clock::time_point;

constexpr std::size_t commands_in_flight_max = 20'000;

// How a command is sent, and when its answer counts.
struct manner {
  deadline until;
  bool replicated = false;  // once enough replicas have what was written (replication)
  bool asking = false;      // behind ASKING, so that a cluster's node serves a slot that is about to be its own
};

// One WAIT behind each flush that holds a command to be replicated: its answer decides those of that flush alone.
struct replication {
  std::uint32_t replicas_min = 0;                       // 0: answers count at once, and nobody is waited for
  milliseconds time{0};                                 // that WAIT may take; never 0, which is for ever
  std::function<void(const std::string&)> on_answer{};  // why it fell short; empty: it did not
};

// One TCP or TLS connection, from open() until it is closed, once. Commands issued in one turn of the event loop leave
// in one write; replies are matched in order. One thread; owned by shared pointers, one of which its operations hold.
class redis_link : public std::enable_shared_from_this<redis_link> {
 public:
  // `tls` null: plain. `on_closed` is called once, with the reason, before the commands in flight fail with it.
  redis_link(const boost::asio::any_io_executor& executor, std::shared_ptr<boost::asio::ssl::context> tls,
             std::function<void(const std::string&)> on_closed, replication kept = {});

  // Empty: open. Else why not.
  awaitable<std::string> open(redis_address address, deadline until);
  // Await it at once: `command` is encoded when the wait begins. `until` must not be earlier than that of the command
  // before; a command without reply by then closes the connection, unless replies to those before it still come.
  awaitable<reply_result> request(const redis_command& command, manner how);
  void close(const std::string& reason);
  bool is_open() const noexcept { return open_; }

 private:
  enum class role : std::uint8_t { plain, replicated, asking, wait };
  struct waiting {
    deadline until;
    std::move_only_function<void(reply_result)> handler;  // none for ASKING and WAIT
    role as = role::plain;
  };
  struct undecided {
    std::move_only_function<void(reply_result)> handler;
    redis_reply reply;
  };

  awaitable<std::string> connect(redis_address address);
  void issue(const redis_command& command, manner how, std::move_only_function<void(reply_result)> handler);
  void flush_after_this_turn();
  void flush();
  void read();
  void take(std::string_view bytes);
  void answer(waiting asked, redis_reply reply);
  void decide(const redis_reply& wait);
  void watch();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::function<void(const std::string&)> on_closed_;
  replication kept_;
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::steady_timer timer_;
  bool open_ = false;
  bool closed_ = false;
  bool flushing_ = false;
  bool silent_ = false;  // the oldest command is late, and nothing has come since
  bool watching_ = false;
  bool wait_behind_ = false;  // what stands in out_ is to be replicated
  deadline watched_until_{};
  std::string reason_;
  std::string out_;      // of this turn
  std::string leaving_;  // being written
  std::array<char, 16 * 1024> in_{};
  reply_reader reader_;
  std::deque<waiting> waiting_;
  std::vector<undecided> undecided_;  // answered, and WAIT behind them is not
  std::string asking_refused_;        // by an error, which is then the next command's answer
};

}  // namespace sendcode::redis
