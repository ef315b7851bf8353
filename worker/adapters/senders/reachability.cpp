#include "worker/adapters/senders/reachability.hpp"

#include <algorithm>

#include "common/logging.hpp"

namespace sendcode::senders {
namespace {

constexpr std::chrono::seconds interval_first{10};
constexpr std::chrono::seconds interval_max{600};

}  // namespace

void reachability::failed(const ports::https_failure& why, ports::steady_time now) {
  const bool was_down = state_ == state::down;
  if (was_down && now < tell_again_) return;
  interval_ = was_down ? std::min(interval_ * 2, interval_max) : interval_first;
  tell_again_ = now + interval_;
  log::warn("a sender did not answer", {{"sender", sender_}, {"why", why.what}});
  state_ = state::down;
  if (!was_down && on_up_) on_up_(false);
}

void reachability::answered(ports::steady_time now) {
  if (state_ == state::up) return;
  // Some answer while others fail: said again no sooner than its time.
  if (state_ == state::down && now < tell_again_) return;
  if (state_ == state::down) log::info("a sender answers again", {{"sender", sender_}});
  state_ = state::up;
  if (on_up_) on_up_(true);
}

}  // namespace sendcode::senders
