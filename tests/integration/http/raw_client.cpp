#include "tests/integration/http/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>

namespace sendcode::tests {

raw_client::raw_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval limit{8, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  [[maybe_unused]] const int result = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

raw_client::~raw_client() {
  ::close(fd_);
}

bool raw_client::send(const std::string& bytes) {
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

std::string raw_client::receive() {
  char buffer[4096];
  for (;;) {
    const auto end = ahead_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const auto field = ahead_.find("Content-Length: ");
      const auto size = end + 4 + (field < end ? std::strtoul(ahead_.c_str() + field + 16, nullptr, 10) : 0);
      if (ahead_.size() >= size) {
        std::string out = ahead_.substr(0, size);
        ahead_.erase(0, size);
        return out;
      }
    }
    const auto count = ::recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return {};
    ahead_.append(buffer, static_cast<std::size_t>(count));
  }
}

bool raw_client::closed_by_peer() {
  char buffer[4096];
  for (;;) {
    const auto count = ::recv(fd_, buffer, sizeof buffer, 0);
    if (count == 0) return true;
    if (count < 0) return errno == ECONNRESET;
  }
}

}  // namespace sendcode::tests
