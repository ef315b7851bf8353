#include "worker/adapters/http_server/server.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "worker/adapters/http_server/session.hpp"

namespace sendcode::http_server {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds accept_pause{100};  // after an error of accept, such as no file descriptor left

std::expected<std::unique_ptr<asio::ssl::context>, std::string> make_tls(const tls_identity& identity) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context->use_certificate_chain_file(identity.certificate_file, error);
  if (error) return std::unexpected("tls.certificate: cannot read " + identity.certificate_file);
  context->use_private_key_file(identity.key_file, asio::ssl::context::pem, error);
  if (error) return std::unexpected("tls.key: cannot read " + identity.key_file + ", or it is not the certificate's");
  if (identity.client_ca_file.empty()) return context;
  context->load_verify_file(identity.client_ca_file, error);
  if (error) return std::unexpected("tls.client_ca: cannot read " + identity.client_ca_file);
  context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert, error);
  return context;
}

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
      : context(in), acceptor(in), pause(in), shared{std::move(given), std::move(handle), {}, false} {}

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
    co_await serve_connection(self->shared, std::move(socket), self->tls.get());
  }

  asio::io_context& context;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::unique_ptr<asio::ssl::context> tls;
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
    auto tls = make_tls(*made->shared.options.tls);
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
}

void server::stop() {
  state_->shared.stopping = true;
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
  for (session* each : state_->shared.sessions) each->close_if_idle();
}

}  // namespace sendcode::http_server
