#pragma once

#include <string>
#include <utility>
#include <vector>

#include "worker/adapters/redis/protocol.hpp"

// Replies of Redis, as tests write them down.
namespace sendcode::redis {

inline redis_reply number(std::int64_t value) {
  redis_reply out;
  out.type = redis_reply::kind::integer;
  out.integer = value;
  return out;
}

inline redis_reply text(std::string value) {
  redis_reply out;
  out.type = redis_reply::kind::text;
  out.text = std::move(value);
  return out;
}

inline redis_reply error(std::string value) {
  redis_reply out = text(std::move(value));
  out.type = redis_reply::kind::error;
  return out;
}

inline redis_reply array(std::vector<redis_reply> elements) {
  redis_reply out;
  out.type = redis_reply::kind::array;
  out.elements = std::move(elements);
  return out;
}

}  // namespace sendcode::redis
