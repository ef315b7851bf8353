#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "worker/adapters/http_client/beast_https_client.hpp"
#include "worker/adapters/http_client/connection.hpp"
#include "worker/adapters/http_client/host_lookup.hpp"

namespace sendcode::http_client {

class pool;

// One of a pool's connections, or the right to open one. Given back when it goes: kept open only after keep().
class lease {
 public:
  lease() = default;
  lease(std::shared_ptr<pool> from, std::shared_ptr<connection> held)
      : from_(std::move(from)), held_(std::move(held)) {}
  lease(lease&& other) noexcept = default;
  lease& operator=(lease&& other) noexcept;
  ~lease() { give_back(); }

  explicit operator bool() const noexcept { return held_ != nullptr; }
  connection& operator*() const noexcept { return *held_; }
  connection* operator->() const noexcept { return held_.get(); }
  void set(std::shared_ptr<connection> opened) noexcept { held_ = std::move(opened); }
  void keep() noexcept { reusable_ = true; }

 private:
  void give_back();

  std::shared_ptr<pool> from_;
  std::shared_ptr<connection> held_;
  bool reusable_ = false;
};

// The connections to one origin, the addresses of its host, and what TLS needs for it.
class pool : public std::enable_shared_from_this<pool> {
 public:
  pool(boost::asio::io_context& context, ports::origin to, client_limits limits, std::shared_ptr<host_lookup> lookup);

  const ports::origin& to() const noexcept { return to_; }

  // The connection that was used last and is still good, already watched; none: acquire() opens one. Never waits.
  lease take_idle(ports::steady_time deadline);
  // Opens a connection, waiting first for a place if the pool is full. The error is for a log line.
  awaitable<std::expected<lease, std::string>> acquire(ports::steady_time deadline);

  // Drops what has been idle for too long; the time at which the next one will be, if any is left.
  std::optional<ports::steady_time> sweep(ports::steady_time now);
  void close();

 private:
  friend class lease;
  using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, io_executor>;
  // Stands in one of the queues below while its coroutine waits.
  struct waiter {
    explicit waiter(io_executor executor) : wake(executor) {}
    timer wake;
    bool served = false;
    std::shared_ptr<connection> given;
  };
  struct queued;

  void give_back(std::shared_ptr<connection> held, bool reusable);
  awaitable<std::expected<std::vector<tcp::endpoint>, std::string>> addresses(ports::steady_time deadline);
  void look_up();
  static int remember_session(SSL* ssl, SSL_SESSION* session);

  boost::asio::io_context& context_;
  ports::origin to_;
  client_limits limits_;
  std::vector<std::shared_ptr<connection>> idle_;  // the one idle for longest first
  std::size_t open_ = 0;                           // idle, in use and being opened
  std::deque<waiter*> waiting_for_place_;
  bool closed_ = false;

  ssl_ctx_ptr tls_;
  ssl_session_ptr session_;

  std::shared_ptr<host_lookup> lookup_;
  std::deque<waiter*> waiting_for_addresses_;
  std::vector<tcp::endpoint> addresses_;
  ports::steady_time addresses_until_{};
  std::string resolve_error_;
  bool resolving_ = false;
};

}  // namespace sendcode::http_client
