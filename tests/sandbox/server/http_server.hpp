#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "tests/sandbox/core/sandbox.hpp"
#include "tests/sandbox/server/certificates.hpp"

namespace sendcode::sandbox {

enum class door {
  twilio,   // HTTPS
  kinde,    // HTTPS, and the same answers; told apart by faults that refuse connections
  control,  // plain HTTP, loopback, /sandbox/... alone
};

// The sandbox's sockets. Everything runs on the context's one thread.
class http_server {
 public:
  static constexpr std::size_t connections_max = 4096;

  http_server(boost::asio::io_context& io, sandbox& core, const certificate_files& files);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  // "127.0.0.1:0" or "[::1]:8443"; gives the port. The error is a sentence.
  std::expected<std::uint16_t, std::string> listen(door which, const std::string& where);

  struct state;

 private:
  std::shared_ptr<state>
      state_;  // shared with the coroutines, whose frames the context destroys when this object is gone
};

}  // namespace sendcode::sandbox
