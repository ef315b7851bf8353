#include "worker/adapters/http_server/server.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "worker/adapters/http_server/served_identity.hpp"
#include "worker/adapters/http_server/session.hpp"

namespace sendcode::http_server {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds accept_pause{100};  // after an error of accept, such as no file descriptor left

}  // namespace

std::string_view request::header(std::string_view lower_case_name) const noexcept {
  std::string_view found;
  int count = 0;
  for (const auto& [name, value] : headers) {
    if (name != lower_case_name) continue;
    found = value;
    ++count;
  }
  return count == 1 ? found : std::string_view();
}

struct server::state : std::enable_shared_from_this<server::state> {
  state(asio::io_context& in, server_options given, handler handle)
      : context(in), acceptor(in), pause(in), renewal(in), shared{std::move(given), std::move(handle), {}, false} {}

  void accept_next() {
    acceptor.async_accept([self = shared_from_this()](boost::system::error_code error, tcp::socket socket) {
      if (self->shared.stopping) return;
      if (!error) {
        self->take(std::move(socket));
        return self->accept_next();
      }
      self->pause.expires_after(accept_pause);
      self->pause.async_wait([self](boost::system::error_code cancelled) {
        if (!cancelled && !self->shared.stopping) self->accept_next();
      });
    });
  }

  void take(tcp::socket socket) {
    if (shared.sessions.size() >= shared.options.connections_max) return;
    // The server's state, and so what a session refers to, lives as long as any session.
    spawn(context.get_executor(), "http session", serve(shared_from_this(), std::move(socket)));
  }

  static awaitable<void> serve(std::shared_ptr<state> self, tcp::socket socket) {
    co_await serve_connection(self->shared, std::move(socket), self->tls ? &self->tls->context() : nullptr);
  }

  void renew_identity() {
    if (!tls || shared.stopping) return;
    tls->poll();
    renewal.expires_after(shared.options.identity_interval);
    renewal.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (!cancelled) self->renew_identity();
    });
  }

  asio::io_context& context;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  asio::steady_timer renewal;
  std::optional<served_identity> tls;
  session_world shared;
  std::uint16_t port = 0;
};

server::server(std::shared_ptr<state> made) : state_(std::move(made)) {}
server::~server() {
  stop();
}

std::expected<std::unique_ptr<server>, std::string> server::open(asio::io_context& context, server_options options,
                                                                 handler handle) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return std::unexpected("listen: " + options.address + " is no IP address");
  auto made = std::make_shared<state>(context, std::move(options), std::move(handle));
  if (made->shared.options.tls) {
    auto tls = served_identity::open(*made->shared.options.tls);
    if (!tls) return std::unexpected(tls.error());
    made->tls = std::move(*tls);
  }
  const tcp::endpoint at(address, made->shared.options.port);
  made->acceptor.open(at.protocol(), error);
  if (!error) made->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) made->acceptor.bind(at, error);
  if (!error) made->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return std::unexpected("listen: " + made->shared.options.address + ":" + std::to_string(at.port()) + ": " +
                           error.message());
  }
  made->port = made->acceptor.local_endpoint(error).port();
  return std::unique_ptr<server>(new server(std::move(made)));
}

std::uint16_t server::port() const noexcept {
  return state_->port;
}
void server::start() {
  state_->accept_next();
  state_->renew_identity();
}

void server::stop() {
  state_->shared.stopping = true;
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
  state_->renewal.cancel();
  for (session* each : state_->shared.sessions) each->close_if_idle();
}

}  // namespace sendcode::http_server
