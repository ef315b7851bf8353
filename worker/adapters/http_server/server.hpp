#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/async/spawn.hpp"

namespace boost::asio {
class io_context;
}

// A small HTTP/1.1 server, bounded in everything. One thread: that of its io_context.
namespace sendcode::http_server {

struct request {
  std::string method;
  std::string path;                                          // before '?', as it came
  std::string query;                                         // behind '?', as it came
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // wiped once the answer is given

  // The header's value; empty if it is absent, or there more than once.
  std::string_view header(std::string_view lower_case_name) const noexcept;
};

struct response {
  unsigned status = 200;
  std::string content_type;  // empty: no body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Must not throw; `asked` lives until it returns.
using handler = std::function<awaitable<response>(request& asked)>;

struct tls_identity {
  std::string certificate_file;  // PEM, with its chain
  std::string key_file;
  std::string client_ca_file;  // not empty: clients must show a certificate of this CA
};

struct server_options {
  std::string address = "127.0.0.1";  // numeric
  std::uint16_t port = 0;             // 0: any free one
  std::optional<tls_identity> tls{};
  std::size_t connections_max = 1'024;  // more are closed at once
  std::size_t body_max = 16 * 1024;
  std::chrono::milliseconds request_time_max{10'000};  // to read one, and to write its answer; and for a TLS handshake
  std::chrono::milliseconds idle_max{60'000};
  std::chrono::milliseconds identity_interval{1'000};  // how often the files of `tls` are looked at
};

constexpr std::uint32_t request_header_bytes_max = 16 * 1024;

class server {
 public:
  // Listens; serves after start(). The error names what to change.
  static std::expected<std::unique_ptr<server>, std::string> open(boost::asio::io_context& context,
                                                                  server_options options, handler handle);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::uint16_t port() const noexcept;
  void start();
  // Takes no further connection or request; what is being answered is answered.
  void stop();

 private:
  struct state;
  explicit server(std::shared_ptr<state> made);
  std::shared_ptr<state> state_;
};

}  // namespace sendcode::http_server
