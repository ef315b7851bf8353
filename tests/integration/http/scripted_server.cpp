#include "tests/integration/http/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace sendcode::tests {
namespace {

constexpr int wait_s_max = 8;

}  // namespace

server_connection::server_connection(int fd, SSL_CTX* tls, int number) : fd_(fd), number_(number) {
  const timeval limit{wait_s_max, 0};
  const int on = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls);
  SSL_set_fd(ssl_, fd_);
}

server_connection::~server_connection() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (fd_ >= 0) ::close(fd_);
}

bool server_connection::shake_hands() {
  return ssl_ == nullptr || SSL_accept(ssl_) == 1;
}
bool server_connection::resumed() const {
  return ssl_ != nullptr && SSL_session_reused(ssl_) == 1;
}

std::size_t server_connection::read_some(char* into, std::size_t size) {
  const auto count = ssl_ != nullptr ? SSL_read(ssl_, into, static_cast<int>(size)) : ::recv(fd_, into, size, 0);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::string server_connection::read_request() {
  std::string all;
  char buffer[4096];
  std::size_t needed = 0;
  while (needed == 0 || all.size() < needed) {
    const auto count = read_some(buffer, sizeof buffer);
    if (count == 0) return {};
    all.append(buffer, count);
    const auto end = all.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const auto field = all.find("Content-Length: ");
    needed = end + 4 + (field < end ? std::strtoul(all.c_str() + field + 16, nullptr, 10) : 0);
  }
  return all;
}

void server_connection::write(const std::string& bytes) {
  if (ssl_ != nullptr) {
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  } else {
    [[maybe_unused]] const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

void server_connection::answer(const std::string& body, const std::string& status, const std::string& more_fields) {
  write("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more_fields + "\r\n" +
        body);
}

void server_connection::wait_for_close() {
  char buffer[512];
  while (read_some(buffer, sizeof buffer) > 0) {
  }
}

void server_connection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd_);
  fd_ = -1;
}

scripted_server::scripted_server(script run, const key_and_certificate* identity) : run_(std::move(run)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own socket writes raise it
  if (identity != nullptr) {
    tls_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(tls_.get(), identity->certificate.get());
    SSL_CTX_use_PrivateKey(tls_.get(), identity->key.get());
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

scripted_server::~scripted_server() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (auto& thread : threads_) thread.join();
}

void scripted_server::accept_all() {
  for (;;) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const int number = accepted_++;
    threads_.emplace_back([this, fd, number] {
      server_connection connection(fd, tls_.get(), number);
      if (!handshake || connection.shake_hands()) run_(connection);
    });
  }
}

}  // namespace sendcode::tests
