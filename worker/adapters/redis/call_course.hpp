#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "worker/adapters/redis/redis_address.hpp"

// What becomes of a call whose answer is an error. No I/O, so that every path is tested without a socket.
namespace sendcode::redis {

// MOVED: another node serves the slot from now on. ASK: another has this call's keys, this once, for the slot is about
// to move there.
struct redirection {
  bool once = false;  // ASK
  std::uint16_t slot = 0;
  redis_address to;
};

// Nothing: no redirection, or one that names no node. Without a host it is the host of the node that was asked.
std::optional<redirection> read_redirection(std::string_view error, const redis_address& asked);

// A slot that moves while the map is being refreshed sends a call round twice; more is a cluster in disorder.
constexpr std::uint32_t redirections_max = 4;

enum class next_step : std::uint8_t {
  take_the_error,  // it is the answer
  send_the_body,   // Redis does not know the script: EVAL in place of EVALSHA
  follow,          // ask at the node that the redirection names
  defer,           // redirected too often, or no time is left: an outage
};

class call_course {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // `follows`: redirections are for us (a cluster). No asking again begins after `until`.
  call_course(time_point until, bool follows) : until_(until), follows_(follows) {}

  next_step after(std::string_view error, time_point now) noexcept;

  time_point until() const noexcept { return until_; }
  // Once a node lacked the script, each further one gets its body: it may lack it too.
  bool sends_body() const noexcept { return sends_body_; }

 private:
  time_point until_;
  std::uint32_t redirections_ = 0;
  bool follows_;
  bool sends_body_ = false;
};

}  // namespace sendcode::redis
