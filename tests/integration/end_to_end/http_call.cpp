#include "tests/integration/end_to_end/http_call.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace sendcode::e2e {
namespace {

class connection {
 public:
  explicit connection(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval most{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    open_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~connection() { close(fd_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  bool is_open() const { return open_; }

  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  std::string read_all() const {
    std::string out;
    std::array<char, 16384> buffer{};
    while (true) {
      const auto count = recv(fd_, buffer.data(), buffer.size(), 0);
      if (count <= 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  int fd_;
  bool open_ = false;
};

// Undoes chunked transfer encoding.
std::string joined(std::string_view chunks) {
  std::string out;
  while (true) {
    const auto line = chunks.find("\r\n");
    std::size_t size = 0;
    if (line == chunks.npos) throw std::runtime_error("an HTTP answer is cut short");
    std::from_chars(chunks.data(), chunks.data() + line, size, 16);
    if (size == 0) return out;
    out += chunks.substr(line + 2, size);
    chunks.remove_prefix(line + 2 + size + 2);
  }
}

}  // namespace

http_answer http_call(std::uint16_t port, const std::string& method, const std::string& target, const std::string& body,
                      const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                        "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  const connection to(port);
  if (!to.is_open() || !to.write(request + "\r\n" + body)) return {};
  const auto answer = to.read_all();
  const auto head_end = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 ") || head_end == answer.npos) return {};
  http_answer out;
  std::from_chars(answer.data() + 9, answer.data() + 12, out.status);
  const auto head = std::string_view(answer).substr(0, head_end);
  const auto rest = std::string_view(answer).substr(head_end + 4);
  out.head = head;
  out.body = head.find("chunked") == head.npos ? std::string(rest) : joined(rest);
  return out;
}

}  // namespace sendcode::e2e
