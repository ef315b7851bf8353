#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/ports/time.hpp"

namespace sendcode::http_client {

template <auto Free>
struct freed_by {
  void operator()(auto* p) const noexcept { Free(p); }
};
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;

using io_executor = boost::asio::io_context::executor_type;
using tcp = boost::asio::ip::tcp;

struct tls_parameters {
  SSL_CTX* context = nullptr;               // null: no TLS
  std::string_view host;                    // checked against the certificate
  const ssl_session_ptr* resume = nullptr;  // looked at when the handshake begins: it may be replaced until then
};

// A non-blocking TCP connection, with TLS or without. OpenSSL works on the socket itself: no buffers between them, a
// write and a read are one system call each, and an idle connection holds next to no memory.
//
// Its timer is armed lazily: it stays armed over many exchanges, and looks at the deadline in force when it fires. So
// an exchange, whose deadline is later than the last one's, does not touch it.
class connection : public std::enable_shared_from_this<connection> {
 public:
  enum class progress : std::uint8_t { done, wants_read, wants_write, closed, failed };

  explicit connection(boost::asio::io_context& context);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  void watch(ports::steady_time deadline);  // from now on, waits end at `deadline`
  void rest() noexcept { watched_ = false; }
  bool expired() const noexcept { return expired_; }

  // Connects and shakes hands, trying the addresses in order, each with its share of the time left. The error is for a
  // log line. Once.
  awaitable<std::expected<void, std::string>> open(std::vector<tcp::endpoint> addresses, tls_parameters tls,
                                                   ports::steady_time deadline);

  // `written` counts on over the calls that one text takes; done: all of it is the kernel's.
  progress try_write(std::string_view bytes, std::size_t& written);
  progress try_read(std::span<char> into, std::size_t& size);
  // After wants_read or wants_write; false: the deadline passed, or the wait was cancelled.
  awaitable<bool> wait(progress wanted);

  // Nothing came while it was idle: it is open, and owes us nothing.
  bool quiet();

  const std::string& problem() const noexcept { return problem_; }  // after `failed`

  std::string request;  // buffer of the exchange's request; empty between exchanges, its capacity kept
  ports::steady_time idle_since{};

 private:
  using socket = boost::asio::basic_stream_socket<tcp, io_executor>;
  using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, io_executor>;

  void arm();
  awaitable<std::expected<void, std::string>> connect(const tcp::endpoint& address);
  awaitable<std::expected<void, std::string>> shake_hands(tls_parameters tls);
  progress explain(int result);

  socket socket_;
  timer timer_;
  ssl_ptr ssl_;
  ports::steady_time deadline_{};
  ports::steady_time armed_for_{};
  bool armed_ = false;
  bool watched_ = false;
  bool expired_ = false;
  std::string problem_;
};

// TLS 1.2 or later, certificates checked against `ca_file` (empty: the system's). The error names the file.
std::expected<ssl_ctx_ptr, std::string> make_client_tls(const std::string& ca_file);
// The same, but for one certificate, the file's first: it is taken from whoever has its key, and no other is.
std::expected<ssl_ctx_ptr, std::string> make_tls_for_certificate(const std::string& file);

}  // namespace sendcode::http_client
