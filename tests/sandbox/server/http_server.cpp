#include "tests/sandbox/server/http_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <chrono>
#include <list>
#include <memory>

#include "common/async/returning_errors.hpp"
#include "common/async/spawn.hpp"
#include "common/logging.hpp"
#include "tests/sandbox/server/callback_client.hpp"

namespace sendcode::sandbox {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using parser = http::request_parser<http::string_body>;
using steady = std::chrono::steady_clock;

constexpr std::uint32_t header_bytes_max = 8 * 1024;
constexpr std::size_t read_bytes_max = 4 * 1024;  // at once: a request of sendcode's fits
constexpr std::size_t drained_bytes_max = 256 * 1024;
constexpr seconds idle_max{120};
constexpr seconds sweep_interval{5};
constexpr milliseconds pause_after_accept_error{50};

// A connection that the sweeper may close: idle, stuck in its handshake or in the middle of a request.
struct connection {
  tcp::socket* socket = nullptr;
  steady::time_point quiet_since;
};

void stamp(request& in) {
  const auto now = std::chrono::system_clock::now();
  in.now = std::chrono::floor<milliseconds>(now);
  in.now_us = std::chrono::floor<std::chrono::microseconds>(now).time_since_epoch().count();
}

void reset_connection(tcp::socket& socket) {
  beast::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

// As little as a peer of a benchmark can do: one buffer for head and body, one write.
void assemble(std::string& out, const reply& what, bool keep_alive) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(what.status));
  out.clear();
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}\r\n",
                 what.status, std::string_view(reason.data(), reason.size()), what.content_type, what.body.size(),
                 what.headers, keep_alive ? "" : "Connection: close\r\n");
  const bool cut = what.end == ending::truncate;
  out.append(what.body, 0, cut ? what.body.size() / 2 : std::string::npos);
}

std::string_view view(beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace

struct http_server::state {
  asio::io_context& io;
  sandbox& core;
  ssl::context tls{ssl::context::tls_server};
  std::list<tcp::acceptor> acceptors;
  std::list<connection> connections;
  asio::steady_timer sweep_timer{io};

  state(asio::io_context& context, sandbox& answers) : io(context), core(answers) {}
};

namespace {

using server = http_server::state;
using server_ptr = std::shared_ptr<server>;

// Registers a connection for the sweeper as long as it lives.
class registration {
 public:
  registration(server& in, tcp::socket& socket)
      : server_(in), entry_(in.connections.insert(in.connections.end(), {&socket, steady::now()})) {}
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;
  ~registration() { server_.connections.erase(entry_); }

  void active_until(steady::time_point when) { entry_->quiet_since = when; }

 private:
  server& server_;
  std::list<connection>::iterator entry_;
};

// 0: the header, or the whole request, is there. 400 to 431: it is not HTTP, or too large. -1: the connection ended.
template <typename Stream>
awaitable<int> read_part(Stream& stream, beast::flat_buffer& buffer, parser& request, bool header_alone) {
  bool needs_more = buffer.size() == 0;
  while (!(header_alone ? request.is_header_done() : request.is_done())) {
    if (needs_more || buffer.size() == 0) {
      const auto [error, size] = co_await stream.async_read_some(buffer.prepare(read_bytes_max), returning_errors);
      if (error) co_return -1;
      buffer.commit(size);
    }
    beast::error_code error;
    buffer.consume(request.put(buffer.data(), error));
    needs_more = error == http::error::need_more;
    if (!error || needs_more) continue;
    if (error == http::error::body_limit) co_return 413;
    if (error == http::error::header_limit) co_return 431;
    co_return 400;
  }
  co_return 0;
}

reply refusal(int status) {
  reply out;
  out.status = status;
  out.body = fmt::format(R"({{"message":"The request is not HTTP, or too large","status":{}}})", status);
  return out;
}

reply answer(server& on, const parser& read, door at) {
  const auto& message = read.get();
  request in;
  in.method = view(message.method_string());
  in.target = view(message.target());
  in.authorization = view(message[http::field::authorization]);
  in.idempotency_key = view(message["Idempotency-Key"]);
  in.host = view(message[http::field::host]);
  in.body = message.body();
  stamp(in);
  if (at == door::control && !in.target.starts_with("/sandbox/")) return refusal(404);
  return on.core.answer(in);
}

awaitable<void> post_callback(reply& out) {
  callback receipt = *std::move(out.receipt);
  const auto posted = co_await post_receipt(std::move(receipt));
  out.status = posted ? 200 : 502;
  if (posted) {
    out.body = fmt::format(R"({{"http_status":{}}})", *posted);
  } else {
    log::warn("a receipt could not be posted", {{"why", posted.error()}});
    out.body = R"({"error":"the callback could not be reached: see the sandbox's log"})";
  }
}

// A connection closed with bytes unread is reset, and a reset may overtake the answer: so what a refused request still
// sends is read away first.
awaitable<void> drain(tcp::socket& socket) {
  beast::error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  std::array<char, read_bytes_max> away;
  for (std::size_t left = drained_bytes_max; left > 0;) {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(away), returning_errors);
    if (error) co_return;
    left -= std::min(left, size);
  }
}

// Requests one after the other, until the connection ends.
template <typename Stream>
awaitable<void> serve(server& on, Stream& stream, tcp::socket& socket, registration& registered, door at) {
  beast::flat_buffer buffer(header_bytes_max + body_bytes_max + read_bytes_max);
  std::string out;
  for (;;) {
    parser request;
    request.header_limit(header_bytes_max);
    request.body_limit(body_bytes_max);
    int wrong = co_await read_part(stream, buffer, request, true);
    if (wrong == 0 && at != door::control &&
        on.core.resets_at_header(view(request.get().method_string()), view(request.get().target()))) {
      co_return reset_connection(socket);
    }
    request.eager(true);
    if (wrong == 0) wrong = co_await read_part(stream, buffer, request, false);
    if (wrong < 0) co_return;

    reply what = wrong == 0 ? answer(on, request, at) : refusal(wrong);
    if (what.receipt) co_await post_callback(what);
    registered.active_until(steady::now() + what.delay);
    if (what.delay.count() > 0) {
      asio::steady_timer timer(on.io, what.delay);
      co_await timer.async_wait(returning_errors);
    }
    if (what.end == ending::reset) co_return reset_connection(socket);
    if (what.end == ending::close) co_return;
    const bool keep_alive = wrong == 0 && request.get().keep_alive() && what.end == ending::answer;
    assemble(out, what, keep_alive);
    const auto [error, written] = co_await asio::async_write(stream, asio::buffer(out), returning_errors);
    if (error && what.text != 0) on.core.answer_lost(what.text);
    if (!error && wrong != 0) co_await drain(socket);
    if (error || !keep_alive) co_return;
  }
}

awaitable<void> serve_tls(server_ptr on, tcp::socket socket, door at) {
  ssl::stream<tcp::socket> stream(std::move(socket), on->tls);
  registration registered(*on, stream.next_layer());
  const auto [error] = co_await stream.async_handshake(ssl::stream_base::server, returning_errors);
  if (!error) co_await serve(*on, stream, stream.next_layer(), registered, at);
}

awaitable<void> serve_plain(server_ptr on, tcp::socket socket, door at) {
  registration registered(*on, socket);
  co_await serve(*on, socket, socket, registered, at);
}

awaitable<void> accept(server_ptr on, tcp::acceptor& acceptor, door at) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(returning_errors);
    if (error) {  // out of descriptors, mostly: it passes
      log::warn("cannot accept a connection", {{"why", error.message()}});
      asio::steady_timer timer(on->io, pause_after_accept_error);
      co_await timer.async_wait(returning_errors);
      continue;
    }
    beast::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (at == door::control) {
      spawn(on->io.get_executor(), "sandbox control connection", serve_plain(on, std::move(socket), at));
    } else if (on->connections.size() >= http_server::connections_max ||
               on->core.refuses_connection(at == door::kinde)) {
      reset_connection(socket);
    } else {
      spawn(on->io.get_executor(), "sandbox connection", serve_tls(on, std::move(socket), at));
    }
  }
}

awaitable<void> sweep(server_ptr on) {
  for (;;) {
    on->sweep_timer.expires_after(sweep_interval);
    co_await on->sweep_timer.async_wait(returning_errors);
    const auto limit = steady::now() - idle_max;
    for (connection& one : on->connections) {
      beast::error_code ignored;
      if (one.quiet_since < limit) one.socket->close(ignored);
    }
  }
}

std::expected<tcp::endpoint, std::string> read_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto digits = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  beast::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error || digits.empty() || wrong != std::errc() || end != digits.data() + digits.size()) {
    return std::unexpected("'" + text + "' is no address and port, as 127.0.0.1:0 is");
  }
  return tcp::endpoint(address, port);
}

}  // namespace

http_server::http_server(asio::io_context& io, sandbox& core, const certificate_files& files)
    : state_(std::make_shared<state>(io, core)) {
  ssl::context& tls = state_->tls;
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.use_certificate_chain_file(files.chain.string());
  tls.use_private_key_file(files.key.string(), ssl::context::pem);
  spawn(io.get_executor(), "sandbox sweep", sweep(state_));
}

http_server::~http_server() = default;

std::expected<std::uint16_t, std::string> http_server::listen(door which, const std::string& where) {
  const auto endpoint = read_endpoint(where);
  if (!endpoint) return std::unexpected(endpoint.error());
  if (which == door::control && !endpoint->address().is_loopback()) {
    return std::unexpected("the control port has no password: it listens on loopback alone");
  }
  try {
    tcp::acceptor& acceptor = state_->acceptors.emplace_back(state_->io, *endpoint, true);
    acceptor.listen(static_cast<int>(connections_max));
    const auto port = acceptor.local_endpoint().port();
    spawn(state_->io.get_executor(), "sandbox accept", accept(state_, acceptor, which));
    return port;
  } catch (const boost::system::system_error& e) {
    return std::unexpected("cannot listen on " + where + ": " + e.code().message());
  }
}

}  // namespace sendcode::sandbox
