#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/ports/https_client.hpp"

namespace sendcode::http_client {

// Turns hosts' names into addresses. One thread, that of the client.
class host_lookup {
 public:
  // In the order in which they are to be tried; the error is for a log line.
  using found = std::expected<std::vector<boost::asio::ip::tcp::endpoint>, std::string>;

  virtual ~host_lookup() = default;

  // `tell` is called later, on the client's thread: at any time, or never. Who waits has a deadline of its own.
  virtual void start(const ports::origin& of, std::function<void(found)> tell) = 0;
  virtual void stop() = 0;  // what is being looked up fails
};

// The system's own resolver, on a thread of Asio's.
std::shared_ptr<host_lookup> make_system_lookup(boost::asio::io_context& context);

}  // namespace sendcode::http_client
