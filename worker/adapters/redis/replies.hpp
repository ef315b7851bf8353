#pragma once

#include <optional>

#include "worker/adapters/redis/protocol.hpp"
#include "worker/ports/code_store.hpp"

// From the scripts' replies to those of the port. Nothing: not a reply of docs/redis.md.
namespace sendcode::redis {

std::optional<ports::admit_reply> read_admit(const redis_reply& reply);
std::optional<ports::renew_reply> read_renew(const redis_reply& reply);
std::optional<bool> read_release(const redis_reply& reply);
std::optional<ports::settle_reply> read_settle(const redis_reply& reply);
std::optional<ports::check_reply> read_check(const redis_reply& reply);
std::optional<ports::consume_reply> read_consume(const redis_reply& reply);

}  // namespace sendcode::redis
