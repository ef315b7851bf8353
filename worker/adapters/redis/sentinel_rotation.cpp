#include "worker/adapters/redis/sentinel_rotation.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "worker/adapters/redis/errors.hpp"

namespace sendcode::redis {

const redis_address* sentinel_rotation::next() noexcept {
  return asked_ == order_.size() ? nullptr : &order_[asked_++];
}

void sentinel_rotation::answered() {
  const auto current = std::next(order_.begin(), static_cast<std::ptrdiff_t>(asked_) - 1);
  std::rotate(order_.begin(), current, std::next(current));
}

void sentinel_rotation::misled() {
  std::rotate(order_.begin(), std::next(order_.begin()), order_.end());
}

std::expected<redis_address, std::string> read_master(const redis_reply& reply, const std::string& name, bool tls) {
  if (reply.is_error()) return std::unexpected(explain(reply.text));
  if (reply.type == redis_reply::kind::nil) {
    return std::unexpected("it knows no master called " + name + ": check the name in redis.url");
  }
  if (reply.elements.size() == 2 && reply.elements[0].is_text() && !reply.elements[0].text.empty()) {
    const std::string& port = reply.elements[1].text;
    redis_address out{reply.elements[0].text, 0, tls};
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (failure == std::errc{} && end == port.data() + port.size() && out.port != 0) return out;
  }
  return std::unexpected("its answer is not understood: is it a sentinel?");
}

}  // namespace sendcode::redis
