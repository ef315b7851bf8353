#pragma once

#include "worker/adapters/redis/redis_options.hpp"
#include "worker/config/worker_config.hpp"

namespace sendcode::app {

// The password is read from its file again before each connection, so that one that rotates needs no restart. While the
// file cannot be read, the last one stays.
redis::redis_options with_rotating_password(redis::redis_options options, const config::worker_config& config);

}  // namespace sendcode::app
