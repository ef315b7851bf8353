#pragma once

#include <chrono>
#include <memory>

#include "worker/ports/https_client.hpp"

namespace boost::asio {
class io_context;
}

namespace sendcode::http_client {

class host_lookup;

struct client_limits {
  std::size_t connections_per_origin_max = 1024;  // the next exchange waits for one of them, within its deadline
  std::chrono::milliseconds idle_max{30'000};
  std::chrono::milliseconds addresses_max{30'000};  // then the host's name is looked up again
};

// One pool of kept-alive connections per origin, idle ones reused last in, first out. One object a shard: every call,
// and the destructor, on the thread that runs `context`, which must outlive it. An exchange may still be suspended when
// the object goes; it then ends with the context.
class beast_https_client final : public ports::https_client {
 public:
  // `lookup`: null: the system's own.
  explicit beast_https_client(boost::asio::io_context& context, client_limits limits = {},
                              std::shared_ptr<host_lookup> lookup = nullptr);
  ~beast_https_client() override;
  beast_https_client(const beast_https_client&) = delete;
  beast_https_client& operator=(const beast_https_client&) = delete;

  awaitable<std::expected<ports::https_response, ports::https_failure>> exchange(ports::https_request& request,
                                                                                 ports::steady_time deadline) override;

  // Drops idle connections and the timer, so that the context runs out of work. Exchanges under way end on their own.
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace sendcode::http_client
