#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/async/spawn.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::ports {

// https, or http on loopback.
struct origin {
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;
  std::string ca_file;             // empty: the system's
  std::string only_certificate{};  // a file, whose first certificate is the one that is taken: ca_file, names and times
                                   // count for nothing then. Empty: any that ca_file vouches for

  bool operator==(const origin&) const = default;
};

struct https_request {
  std::string_view method;  // GET or POST
  const ports::origin* to = nullptr;
  std::string target;                                        // path and query
  std::vector<std::pair<std::string, std::string>> headers;  // beside Host, Content-Length and Connection
  std::string body;                                          // wiped by the client once the exchange is over
};

struct https_response {
  unsigned status = 0;
  std::string retry_after;  // Retry-After, else RateLimit-Reset, as it came; empty: absent
  std::string body;         // may repeat the code: the caller wipes it. At most response_body_max
  bool complete = false;    // false: the status line and headers came, the body did not come whole, or was too large
};

constexpr std::size_t response_body_max = std::size_t{256} * 1024;

struct https_failure {
  // not_sent: it failed before the last byte of the request was written, so nothing was taken. unanswered: it may have
  // been taken.
  enum class kind : std::uint8_t { not_sent, unanswered };
  kind stage = kind::not_sent;
  std::string what;  // "connect: connection refused"; no secret, no body
};

// HTTP/1.1 over TLS with kept-alive connections. One thread.
class https_client {
 public:
  virtual ~https_client() = default;
  // One exchange under one deadline over pool, DNS, connect, TLS and body. Never follows a redirect. The request must
  // live until it returns.
  virtual awaitable<std::expected<https_response, https_failure>> exchange(https_request& request,
                                                                           steady_time deadline) = 0;
};

}  // namespace sendcode::ports
