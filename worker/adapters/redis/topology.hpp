#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "worker/adapters/redis/call_course.hpp"
#include "worker/adapters/redis/connection.hpp"

namespace sendcode::redis {

// The connection that a call goes to, or why there is none.
using routed = std::expected<std::shared_ptr<redis_connection>, std::string>;

// How many masters there are, and which of them a key belongs to: one server, the master that sentinels name, or a
// cluster's masters. One thread, that of the executor.
class topology {
 public:
  virtual ~topology() = default;

  virtual void start() = 0;
  virtual void stop() = 0;                  // commands in flight fail; once, before the executor's context ends
  virtual bool ready() const noexcept = 0;  // every master is connected
  virtual awaitable<void> first_attempt() = 0;

  // All of them, as far as they are known.
  virtual std::vector<std::shared_ptr<redis_connection>> masters() const = 0;
  // It need not be connected: its execute() then fails with the reason.
  virtual routed route(std::string_view key) = 0;
  // Whether redirections are to be followed.
  virtual bool follows() const noexcept = 0;
  // The node that a redirection names, connected if that can be done by `until`.
  virtual awaitable<routed> follow(redirection to, deadline until) = 0;
  // An error that was not followed: it may tell that what is known of the masters is out of date.
  virtual void heard(redis_connection& from, std::string_view error) = 0;
};

// By options.mode. `on_up` is told each change of whether every master can be used, on the executor's thread; it may be
// empty.
std::shared_ptr<topology> make_topology(const boost::asio::any_io_executor& executor, redis_options options,
                                        std::vector<const script*> scripts, std::function<void(bool up)> on_up);

}  // namespace sendcode::redis
