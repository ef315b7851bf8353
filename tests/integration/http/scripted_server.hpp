#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/http/certificates.hpp"

namespace sendcode::tests {

// One accepted connection, blocking; every wait of it ends after some seconds.
class server_connection {
 public:
  server_connection(int fd, SSL_CTX* tls, int number);
  server_connection(const server_connection&) = delete;
  server_connection& operator=(const server_connection&) = delete;
  ~server_connection();

  int number() const noexcept { return number_; }  // 0: the first that was accepted
  bool shake_hands();
  bool resumed() const;
  std::string read_request();  // head and body by Content-Length; empty: the peer closed
  void write(const std::string& bytes);
  void answer(const std::string& body, const std::string& status = "200 OK", const std::string& more_fields = "");
  void wait_for_close();  // reads until the peer closes
  void reset();           // closes with RST

 private:
  std::size_t read_some(char* into, std::size_t size);

  int fd_;
  int number_;
  SSL* ssl_ = nullptr;
};

// A server on a free port of 127.0.0.1, a thread a connection, that does what its script says.
class scripted_server {
 public:
  using script = std::function<void(server_connection&)>;

  // Without `identity` plain. `script` runs after the handshake, on the connection's thread.
  scripted_server(script run, const key_and_certificate* identity);
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;
  ~scripted_server();

  std::uint16_t port() const noexcept { return port_; }
  int accepted() const noexcept { return accepted_; }

  bool handshake = true;  // false: the script starts on the bare connection

 private:
  void accept_all();

  script run_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_{nullptr, SSL_CTX_free};
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace sendcode::tests
