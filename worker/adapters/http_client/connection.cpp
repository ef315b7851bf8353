#include "worker/adapters/http_client/connection.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>

#include "common/async/returning_errors.hpp"
#include "common/secret.hpp"

namespace sendcode::http_client {
namespace {

namespace asio = boost::asio;

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

// Like OpenSSL's own socket BIO, but a write to a closed connection is an error, not a SIGPIPE.
int socket_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const auto count = ::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int socket_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const auto count = ::recv(fd, data, static_cast<std::size_t>(size), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

long socket_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

const BIO_METHOD* socket_bio_method() {
  static const std::unique_ptr<BIO_METHOD, freed_by<BIO_meth_free>> method = [] {
    std::unique_ptr<BIO_METHOD, freed_by<BIO_meth_free>> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE"));
    BIO_meth_set_write(made.get(), socket_write);
    BIO_meth_set_read(made.get(), socket_read);
    BIO_meth_set_ctrl(made.get(), socket_control);
    return made;
  }();
  return method.get();
}

}  // namespace

connection::connection(asio::io_context& context) : socket_(context.get_executor()), timer_(context.get_executor()) {}

connection::~connection() {
  wipe(request);
  // Said in good order, so that OpenSSL keeps the session fit for resumption. After an error nothing may be said any
  // more.
  if (ssl_ && socket_.is_open() && problem_.empty() && SSL_is_init_finished(ssl_.get()) != 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
}

void connection::watch(ports::steady_time deadline) {
  deadline_ = deadline;
  watched_ = true;
  if (!armed_ || deadline < armed_for_) arm();
}

void connection::arm() {
  armed_ = true;
  armed_for_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->armed_ = false;
    if (!self->watched_) return;
    if (std::chrono::steady_clock::now() < self->deadline_) return self->arm();
    self->expired_ = true;
    boost::system::error_code ignored;
    self->socket_.cancel(ignored);
  });
}

awaitable<std::expected<void, std::string>> connection::open(std::vector<tcp::endpoint> addresses, tls_parameters tls,
                                                             ports::steady_time deadline) {
  std::expected<void, std::string> connected = std::unexpected("connect: the host has no address");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) co_return std::unexpected("connect: deadline passed");
    expired_ = false;
    watch(now + (deadline - now) / static_cast<int>(addresses.size() - i));
    connected = co_await connect(addresses[i]);
    if (connected) break;
  }
  if (!connected) co_return connected;
  watch(deadline);
  if (tls.context != nullptr) co_return co_await shake_hands(tls);
  co_return connected;
}

awaitable<std::expected<void, std::string>> connection::connect(const tcp::endpoint& address) {
  boost::system::error_code error;
  socket_.close(error);
  socket_.open(address.protocol(), error);
  if (error) co_return std::unexpected("connect: " + error.message());
  socket_.set_option(tcp::no_delay(true), error);
  auto [failed] = co_await socket_.async_connect(address, returning_errors);
  if (expired_) co_return std::unexpected("connect: deadline passed");
  if (failed) co_return std::unexpected("connect: " + failed.message());
  socket_.native_non_blocking(true, error);
  if (error) co_return std::unexpected("connect: " + error.message());
  co_return std::expected<void, std::string>{};
}

awaitable<std::expected<void, std::string>> connection::shake_hands(tls_parameters tls) {
  const std::string host(tls.host);
  ssl_.reset(SSL_new(tls.context));
  BIO* bio = BIO_new(socket_bio_method());
  if (!ssl_ || bio == nullptr) {
    BIO_free(bio);
    co_return std::unexpected("TLS: no memory");
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket_.native_handle())));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);

  boost::system::error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  int ready = 1;
  if (not_an_address) {
    ready = SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1 && SSL_set1_host(ssl_.get(), host.c_str()) == 1;
  } else {
    ready = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str());
  }
  if (ready != 1) co_return std::unexpected("TLS: the host's name cannot be checked");
  if (tls.resume != nullptr && *tls.resume) SSL_set_session(ssl_.get(), tls.resume->get());

  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(ssl_.get());
    if (result == 1) co_return std::expected<void, std::string>{};
    const auto next = explain(result);
    if (next == progress::closed) co_return std::unexpected("TLS: the connection was closed");
    if (next == progress::failed) co_return std::unexpected("TLS: " + problem_);
    const bool woke = co_await wait(next);
    if (!woke) co_return std::unexpected("TLS: deadline passed");
  }
}

connection::progress connection::explain(int result) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return progress::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return progress::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      return progress::closed;
    case SSL_ERROR_SYSCALL:
      problem_ = errno_text(system_error);
      return progress::failed;
    default:
      break;
  }
  const auto verified = SSL_get_verify_result(ssl_.get());
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  if (verified != X509_V_OK) {
    problem_ = std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verified);
  } else {
    problem_ = reason == nullptr ? "protocol error" : reason;
  }
  ERR_clear_error();
  return progress::failed;
}

connection::progress connection::try_write(std::string_view bytes, std::size_t& written) {
  errno = 0;
  if (ssl_) {
    ERR_clear_error();
    std::size_t count = 0;  // all or nothing: partial writes are off
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    if (result != 1) return explain(result);
    written = bytes.size();
    return progress::done;
  }
  while (written < bytes.size()) {
    const auto count = ::send(socket_.native_handle(), bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return progress::wants_write;
    if (count < 0) {
      problem_ = errno_text(errno);
      return progress::failed;
    }
    written += static_cast<std::size_t>(count);
  }
  return progress::done;
}

connection::progress connection::try_read(std::span<char> into, std::size_t& size) {
  errno = 0;
  size = 0;
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
    return result == 1 ? progress::done : explain(result);
  }
  const auto count = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  if (count == 0) return progress::closed;
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return progress::wants_read;
  if (count < 0) {
    problem_ = errno_text(errno);
    return progress::failed;
  }
  size = static_cast<std::size_t>(count);
  return progress::done;
}

awaitable<bool> connection::wait(progress wanted) {
  // The timer may have fired while nobody waited: a cancel before the wait would be lost.
  if (expired_) co_return false;
  const auto kind = wanted == progress::wants_write ? tcp::socket::wait_write : tcp::socket::wait_read;
  auto [error] = co_await socket_.async_wait(kind, returning_errors);
  co_return !error && !expired_;
}

bool connection::quiet() {
  char byte = 0;
  const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && errno != EAGAIN) return false;
  if (count < 0 && (!ssl_ || SSL_has_pending(ssl_.get()) == 0)) return true;
  if (count == 0 || !ssl_) return false;
  // Records of TLS itself (a session ticket that came late) are no reason to drop it; data or a close are.
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &size);
  return result != 1 && explain(result) == progress::wants_read;
}

namespace {

ssl_ctx_ptr make_context() {
  ssl_ctx_ptr context(SSL_CTX_new(TLS_client_method()));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // A sender's answer repeats the text, and so the code.
  SSL_CTX_set_options(context.get(), SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  X509_VERIFY_PARAM_set_hostflags(SSL_CTX_get0_param(context.get()), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  constexpr unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context.get(), http11, sizeof http11);
  return context;
}

// Where a context keeps the one certificate that it takes.
int place_of_certificate() {
  static const int place = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) { X509_free(static_cast<X509*>(kept)); });
  return place;
}

// In place of OpenSSL's own look at issuers, names and times.
int is_the_one(X509_STORE_CTX* seen, void* wanted) {
  if (X509_cmp(X509_STORE_CTX_get0_cert(seen), static_cast<const X509*>(wanted)) == 0) return 1;
  X509_STORE_CTX_set_error(seen, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace

std::expected<ssl_ctx_ptr, std::string> make_client_tls(const std::string& ca_file) {
  auto context = make_context();
  if (!context) return std::unexpected("TLS: no memory");
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                     : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
  if (loaded != 1) {
    ERR_clear_error();
    return std::unexpected("TLS: the CA file cannot be read: " + (ca_file.empty() ? "the system's" : ca_file));
  }
  return context;
}

std::expected<ssl_ctx_ptr, std::string> make_tls_for_certificate(const std::string& file) {
  auto context = make_context();
  if (!context) return std::unexpected("TLS: no memory");
  const std::unique_ptr<BIO, freed_by<BIO_free>> in(BIO_new_file(file.c_str(), "r"));
  std::unique_ptr<X509, freed_by<X509_free>> wanted(in ? PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr)
                                                       : nullptr);
  ERR_clear_error();
  if (!wanted) return std::unexpected("TLS: the certificate cannot be read: " + file);
  SSL_CTX_set_cert_verify_callback(context.get(), is_the_one, wanted.get());
  if (SSL_CTX_set_ex_data(context.get(), place_of_certificate(), wanted.get()) != 1) {
    return std::unexpected("TLS: no memory");
  }
  wanted.release();  // the context's now
  return context;
}

}  // namespace sendcode::http_client
