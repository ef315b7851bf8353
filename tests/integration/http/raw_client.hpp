#pragma once

#include <cstdint>
#include <string>

namespace sendcode::tests {

// A plain blocking connection to 127.0.0.1, for saying to a server what no proper client would. Waits end after some
// seconds.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port);
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client();

  bool send(const std::string& bytes);
  // One response, by its Content-Length; empty: closed before it came whole.
  std::string receive();
  std::string ask(const std::string& bytes) {
    send(bytes);
    return receive();
  }
  bool closed_by_peer();  // waits for it

 private:
  int fd_ = -1;
  std::string ahead_;
};

}  // namespace sendcode::tests
