#pragma once

#include <algorithm>
#include <string_view>

#include "common/bytes.hpp"
#include "worker/adapters/redis/protocol.hpp"

// What replies of scripts are read by.
namespace sendcode::redis {

// The reply's first word, if as many elements follow as it should have.
inline bool is(const redis_reply& reply, std::string_view word, std::size_t elements = 1) {
  return reply.elements.size() == elements && reply.elements[0].is_text() && reply.elements[0].text == word;
}

template <std::size_t N>
void copy_bytes(std::string_view from, byte_array<N>& to) {
  std::transform(from.begin(), from.begin() + N, to.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
}

template <std::size_t N>
bool read_bytes(const redis_reply& from, byte_array<N>& to) {
  if (!from.is_text() || from.text.size() != N) return false;
  copy_bytes(from.text, to);
  return true;
}

}  // namespace sendcode::redis
