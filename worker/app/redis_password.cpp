#include "worker/app/redis_password.hpp"

#include <memory>
#include <utility>

namespace sendcode::app {

redis::redis_options with_rotating_password(redis::redis_options options, const config::worker_config& config) {
  if (!config.redis.password) return options;
  options.password_by_now = [secrets = config::secrets_directory(config.secrets_directory),
                             name = config.redis.password->name, last = options.password]() mutable {
    if (auto read = secrets.read(name)) last = std::make_shared<const secret>(std::move(*read));
    return last;
  };
  return options;
}

}  // namespace sendcode::app
