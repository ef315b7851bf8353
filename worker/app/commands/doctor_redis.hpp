#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <vector>

#include "common/async/spawn.hpp"
#include "worker/adapters/redis/redis_options.hpp"
#include "worker/adapters/redis/redis_state.hpp"
#include "worker/app/commands/doctor_findings.hpp"

// Of `sendcode doctor`: Redis, and its clock against this machine's.
namespace sendcode::app {

// What worker.yaml says that Redis has to live up to.
struct redis_wishes {
  milliseconds timeout{100};
  std::uint32_t replicas_min = 0;
  seconds dedupe_ttl{3'600};
};

// Of each master: how it answers, its persistence, its memory, and the clock. Where there are several, each is named.
// Of a cluster, its slots.
std::vector<finding> judge_redis(const redis::redis_states& redis, const redis_wishes& wishes);

awaitable<void> examine_redis(boost::asio::any_io_executor executor, redis::redis_options options, const teller& tell);

}  // namespace sendcode::app
