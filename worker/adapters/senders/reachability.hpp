#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "worker/ports/https_client.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::senders {

// Whether a sender can be reached, for the operator: why not, once and then at growing intervals, and that it is back.
// One thread.
class reachability {
 public:
  // `on_up` hears each change, the first answer included; it may be empty.
  reachability(std::string_view sender, std::function<void(bool up)> on_up)
      : sender_(sender), on_up_(std::move(on_up)) {}

  void failed(const ports::https_failure& why, ports::steady_time now);
  void answered(ports::steady_time now);

 private:
  enum class state : std::uint8_t { unknown, up, down };

  std::string sender_;
  std::function<void(bool up)> on_up_;
  state state_ = state::unknown;
  ports::steady_time tell_again_{};
  std::chrono::seconds interval_{1};
};

}  // namespace sendcode::senders
