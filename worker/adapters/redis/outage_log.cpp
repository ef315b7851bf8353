#include "worker/adapters/redis/outage_log.hpp"

#include <algorithm>

#include "common/logging.hpp"

namespace sendcode::redis {

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds say_again_first{10};
constexpr std::chrono::seconds say_again_most{600};
constexpr std::size_t reasons_said_max = 8;

std::int64_t whole_seconds(steady_clock::duration d) {
  return std::chrono::duration_cast<std::chrono::seconds>(d).count();
}

}  // namespace

void outage_log::down(const redis_address& address, const std::string& reason) {
  const auto now = steady_clock::now();
  if (said_.empty() && interval_.count() == 0) since_ = now;
  const bool known = said_.contains(reason) || said_.size() >= reasons_said_max;
  if (known && now < next_) return;
  said_.insert(reason);
  interval_ = std::clamp(known ? interval_ * 2 : interval_, say_again_first, say_again_most);
  next_ = now + interval_;
  log::warn("Redis cannot be used: intake waits for it",
            {{"redis", to_text(address)}, {"what", reason}, {"for_s", whole_seconds(now - since_)}});
}

void outage_log::up(const redis_address& address) {
  if (said_.empty()) {
    log::info("connected to Redis", {{"redis", to_text(address)}});
    return;
  }
  log::info("Redis is back", {{"redis", to_text(address)}, {"after_s", whole_seconds(steady_clock::now() - since_)}});
  said_.clear();
  interval_ = std::chrono::seconds{0};
}

}  // namespace sendcode::redis
