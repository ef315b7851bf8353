#pragma once

#include <span>
#include <string>
#include <vector>

#include "worker/adapters/redis/link.hpp"
#include "worker/adapters/redis/scripts.hpp"

namespace sendcode::redis {

// What is done on each new connection: AUTH, is it a master, is its memory policy noeviction, the scripts loaded.
struct greeting {
  std::string failure;                // empty: the connection is good. Else why it is not
  std::vector<std::string> warnings;  // for the log, once per program
};
awaitable<greeting> greet(std::shared_ptr<redis_link> link, const redis_options& options,
                          std::span<const script* const> scripts, deadline until);

// AUTH alone, if there is a password. Empty: done. Else why not.
awaitable<std::string> log_in(std::shared_ptr<redis_link> link, const redis_options& options, deadline until);

}  // namespace sendcode::redis
