#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "common/config/files.hpp"
#include "worker/adapters/http_server/server.hpp"

namespace sendcode::http_server {

// What a port shows to its callers: certificate and key, and the CA of theirs. Taken again when the files change, for
// certificates are renewed while a worker runs. One thread.
class served_identity {
 public:
  // The error names the file to change.
  static std::expected<served_identity, std::string> open(tls_identity files);

  // For a connection that begins now; what began before keeps its own.
  boost::asio::ssl::context& context() noexcept { return *context_; }
  // Files that cannot be used change nothing, such as a new certificate whose key is not there yet: that is logged, and
  // they are tried again at their next change. Cheap enough for once a second.
  void poll();

 private:
  using stamps = std::array<std::optional<config::file_stamp>, 3>;

  explicit served_identity(tls_identity files) : files_(std::move(files)), seen_(look()) {}
  stamps look() const;

  tls_identity files_;
  stamps seen_;
  std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace sendcode::http_server
