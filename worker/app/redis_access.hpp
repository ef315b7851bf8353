#pragma once

#include "worker/adapters/redis/redis_options.hpp"
#include "worker/config/worker_config.hpp"

namespace sendcode::app {

// What a redis_code_store is made with.
redis::redis_options to_redis_options(const config::redis_config& config);

}  // namespace sendcode::app
