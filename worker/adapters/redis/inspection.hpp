#pragma once

#include <vector>

#include "worker/adapters/redis/connection.hpp"
#include "worker/adapters/redis/redis_state.hpp"

namespace sendcode::redis {

// Asks the Redis that `options` name, or each of a cluster's masters, one after another, over connections of its own.
// Never empty: where no master is known, one says why.
awaitable<std::vector<redis_state>> inspect(boost::asio::any_io_executor executor, redis_options options);

}  // namespace sendcode::redis
