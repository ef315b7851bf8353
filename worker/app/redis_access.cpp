#include "worker/app/redis_access.hpp"

namespace sendcode::app {
namespace {

redis::redis_mode mode_of(config::redis_mode mode) {
  switch (mode) {
    case config::redis_mode::sentinel:
      return redis::redis_mode::sentinel;
    case config::redis_mode::cluster:
      return redis::redis_mode::cluster;
    default:
      return redis::redis_mode::standalone;
  }
}

}  // namespace

redis::redis_options to_redis_options(const config::redis_config& config) {
  redis::redis_options out;
  out.mode = mode_of(config.mode);
  for (const auto& each : config.hosts) out.seeds.push_back({each.host, each.port, config.use_tls});
  out.address = out.seeds.front();
  out.master_name = config.master_name;
  out.replicas_min = config.replicas_min;
  out.username = config.username;
  if (config.password) out.password = config.password->value;
  out.tls = {config.tls.ca_file.string(), config.tls.certificate.string(), config.tls.key.string()};
  out.timeout = config.timeout;
  out.dedupe_ttl = config.dedupe_ttl;
  return out;
}

}  // namespace sendcode::app
