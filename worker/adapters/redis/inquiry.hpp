#pragma once

#include <memory>

#include "worker/adapters/redis/link.hpp"

namespace sendcode::redis {

// Whether the user is named at once, or only to a server that asks for one: redis.password is Redis' own, and a
// sentinel that wants none is not told it.
enum class introduction : std::uint8_t { at_once, when_asked };

// One question to a sentinel or to a node of a cluster, on a connection of its own that ends with the answer. One at a
// time. `options` outlive this.
class inquiry {
 public:
  inquiry(const boost::asio::any_io_executor& executor, const redis_options& options, introduction how)
      : executor_(executor), options_(options), how_(how) {}

  // Redis' own errors are replies. The error is a reason for the log.
  awaitable<reply_result> ask(redis_address of, redis_command question, deadline until);
  void stop();  // what is being asked fails

 private:
  awaitable<reply_result> converse(const redis_address& of, const redis_command& question, deadline until);

  boost::asio::any_io_executor executor_;
  const redis_options& options_;
  introduction how_;
  std::shared_ptr<redis_link> link_;
};

}  // namespace sendcode::redis
