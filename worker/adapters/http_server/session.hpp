#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <set>

#include "worker/adapters/http_server/server.hpp"

namespace boost::asio::ssl {
class context;
}

namespace sendcode::http_server {

// One connection, as far as the server needs to know it.
class session {
 public:
  virtual ~session() = default;
  virtual void close_if_idle() = 0;  // waiting for a request, or for the rest of one
};

// What the sessions of a server share.
struct session_world {
  server_options options;
  handler handle;
  std::set<session*> sessions;
  bool stopping = false;
};

// Serves a connection to its end; `tls` null: plain. `world` must outlive it.
awaitable<void> serve_connection(session_world& world, boost::asio::ip::tcp::socket socket,
                                 boost::asio::ssl::context* tls);

}  // namespace sendcode::http_server
