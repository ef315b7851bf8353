#pragma once

#include "worker/adapters/redis/connection.hpp"
#include "worker/adapters/redis/redis_state.hpp"

namespace sendcode::redis {

// Asks the Redis that `options` name, or each of a cluster's masters, one after another, over connections of its own;
// of a cluster its slots, too.
awaitable<redis_states> inspect(boost::asio::any_io_executor executor, redis_options options);

}  // namespace sendcode::redis
