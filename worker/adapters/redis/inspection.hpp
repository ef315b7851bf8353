#pragma once

#include <expected>
#include <string>

#include "worker/adapters/redis/connection.hpp"
#include "worker/adapters/redis/redis_state.hpp"

namespace sendcode::redis {

// Asks the Redis that `options` name, which must be a master, over a connection of its own. The error says why it
// cannot be used.
awaitable<std::expected<redis_state, std::string>> inspect(boost::asio::any_io_executor executor,
                                                           redis_options options);

}  // namespace sendcode::redis
