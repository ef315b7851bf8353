#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "common/timestamp.hpp"
#include "worker/domain/backoff.hpp"
#include "worker/domain/outcome.hpp"

// Whether a sender's account is asked at all (design §6). Holds no clock and no randomness: times are ms since any
// fixed moment, and never go back.
//
//     closed ──failures──▶ open ──pause over──▶ half-open ──answers──▶ closed
//                           ▲                       │
//                           └──── a failed probe ───┘   with a pause twice as long
namespace sendcode::domain {

class breaker {
 public:
  // Opens where at least this many of the results in the window are failures, and these are at least half of them. The
  // three attempts of a single event suffice, so that an outage in a quiet hour ends no event.
  static constexpr std::size_t failures_least = 3;
  // The window: this many results, none of them older.
  static constexpr std::size_t results_kept = 20;
  static constexpr milliseconds window{60'000};
  // How long it stays open: half of this and a jitter of the other half, doubled with each probe that fails.
  static constexpr domain::backoff pause{milliseconds{1'000}, milliseconds{60'000}};
  // One probe at a time; so many answers in a row close it.
  static constexpr unsigned probes_to_close = 3;
  // A probe that has not ended by then is given up: the next one may go. Longer than any attempt.
  static constexpr milliseconds probe_most{15'000};

  enum class state : std::uint8_t { closed, open, half_open };
  // What an attempt says of the account: it answered; it could not be reached or did not say; it refused us.
  enum class result : std::uint8_t { answered, failed, refused };

  // An attempt that was let through. Its result counts only in the state that let it through: what comes later, such as
  // a probe's answer after it was given up, says nothing about now.
  struct permit {
    std::uint64_t number = 0;
    bool operator==(const permit&) const = default;
  };

  // Whether allow() would let an attempt through.
  bool would_allow(milliseconds now) const noexcept;
  // Nothing: not now.
  std::optional<permit> allow(milliseconds now);
  // `unit` in [0, 1) is the jitter of the pause, if it opens.
  void ended(permit attempt, result how, milliseconds now, double unit);

  state current() const noexcept { return state_; }
  // A refusal (401) came since the last answer: the account, and not the way to it, is what is wrong.
  bool was_refused() const noexcept { return refused_; }

 private:
  struct kept {
    milliseconds at;
    bool failure;
  };

  void keep(bool failure, milliseconds at);
  void open(milliseconds now, double unit);

  state state_ = state::closed;
  std::uint64_t permit_ = 0;      // whose results count
  std::deque<kept> results_;      // while closed, oldest first
  unsigned openings_ = 0;         // since it was last closed
  milliseconds opens_again_{0};   // while open: when a probe may go
  unsigned answered_probes_ = 0;  // while half-open, in a row
  bool probing_ = false;
  milliseconds probe_given_up_{0};
  bool refused_ = false;
};

// Transport failures and 401s are what opens a breaker; every other answer shows that the account is reachable.
breaker::result breaker_result(const attempt& made) noexcept;

}  // namespace sendcode::domain
