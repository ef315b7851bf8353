#include "worker/adapters/redis/errors.hpp"

#include <algorithm>
#include <array>

#include "common/redaction.hpp"

namespace sendcode::redis {

bool is_passing(std::string_view error) noexcept {
  constexpr std::array codes{"OOM",        "READONLY",   "LOADING",     "BUSY",
                             "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"};
  const std::string_view code = error.substr(0, error.find(' '));
  return std::ranges::find(codes, code) != codes.end();
}

bool tells_of_a_replica(std::string_view error) noexcept {
  return error.starts_with("READONLY") || error.starts_with("MASTERDOWN");
}

std::string explain(std::string_view error) {
  const auto says = [error](std::string_view advice) {
    return std::string(advice) + " (Redis says: " + shown(error) + ")";
  };
  if (error.starts_with("NOAUTH")) {
    return says("Redis wants a password: set redis.password, and redis.username for an ACL user");
  }
  if (error.starts_with("WRONGPASS")) {
    return says("Redis refuses the user or password: check redis.username and redis.password");
  }
  if (error.starts_with("NOPERM") || error.find("The user executing the script can't") != std::string_view::npos) {
    return says("the Redis user may not do what is needed: give it the commands and keys that docs/redis.md lists");
  }
  if (error.starts_with("ERR") && error.find("without any password configured") != std::string_view::npos) {
    return says("Redis has no password for this user: remove redis.password, or set one in Redis");
  }
  if (error.starts_with("LAYOUT")) return says("what Redis holds is of another version of sendcode: run one version");
  if (error.starts_with("OOM")) return says("Redis has no memory left: raise maxmemory, or lower redis.dedupe_ttl");
  if (error.starts_with("READONLY")) return says("this Redis is a replica: redis.url must name the master");
  if (error.starts_with("MOVED") || error.starts_with("ASK ")) {
    return says("this Redis belongs to a cluster: redis.url must begin with redis+cluster://");
  }
  if (error.starts_with("ERR") && error.find("cluster support disabled") != std::string_view::npos) {
    return says("this Redis is no cluster: redis.url must begin with redis:// or rediss://");
  }
  return says("Redis refused a command");
}

}  // namespace sendcode::redis
