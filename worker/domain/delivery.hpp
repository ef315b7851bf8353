#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/domain/backoff.hpp"
#include "worker/domain/outcome.hpp"

// The one place that decides retry, asking, failover or giving up for an event under lease (design §2, §6). A state
// machine without a socket or a clock: the pipeline carries its steps out and tells it what came of them. All times are
// ms since the delivery began.
namespace sendcode::domain {

struct delivery_terms {
  std::vector<sender_kind> route;  // in order; not empty
  milliseconds life_left{0};       // of the code
  bool failed_over = false;        // flags of an earlier lease, as recorded: the second sender may have been asked
  bool possible_duplicate = false;
  bool maybe_taken = false;      // an earlier lease may have sent: ask before anything is sent
  bool account_trusted = false;  // the account accepted a text within 7 days: its refusal may fail over
};

// Steps. Times are ms since the delivery began.
struct wait_step {
  milliseconds until;
};
struct send_step {
  sender_kind sender;
  milliseconds deadline;
};
// Ask the sender which texts it took. `whole`: since the event's first lease; else since `since`.
struct search_step {
  sender_kind sender;
  bool whole;
  milliseconds since;
  milliseconds deadline;
};
struct finish_step {
  domain::outcome outcome;
};
using delivery_step = std::variant<wait_step, send_step, search_step, finish_step>;

class delivery {
 public:
  static constexpr milliseconds budget{45'000};
  static constexpr milliseconds attempt_most{10'000};
  static constexpr unsigned attempts_each = 3;
  static constexpr unsigned looks_most = 3;
  static constexpr milliseconds looking_most{5'000};
  static constexpr domain::backoff retry_backoff{milliseconds{100}, milliseconds{3000}};

  explicit delivery(delivery_terms terms);

  delivery_step next(milliseconds now) const;

  // What came of a send: the attempt, when it began, what the sender asked for. `unit` in [0, 1) is the jitter of a
  // retry.
  struct answer {
    domain::attempt attempt;
    std::string message_id;  // where it was accepted and the answer had one
    std::uint8_t segments = 0;
    std::optional<milliseconds> retry_after;
  };
  void answered(const answer& what, milliseconds began, milliseconds now, double unit);
  // What came of a search: the text, or none (also when the sender could not be asked).
  void found(std::string message_id, std::uint8_t segments);
  void not_found(milliseconds now, double unit);
  // The current sender may not be used for this event: its allowance is used up.
  void sender_unusable(milliseconds now);
  // The store kept the delivery waiting this long: an outage defers, so it does not use up the budget.
  void deferred(milliseconds by);

  // The state that outlives a crash.
  bool possible_duplicate() const noexcept { return outcome_.possible_duplicate; }
  bool failed_over() const noexcept { return position_ > 0 || outcome_.failed_over; }
  bool maybe_taken() const noexcept { return twilio_unsure_ || kinde_unsure_; }
  // Nothing of this sender can have been taken: what was reserved for it may be given back.
  bool surely_untouched(sender_kind sender) const noexcept;

 private:
  struct search {
    bool whole;
    milliseconds since;
    milliseconds began;
    milliseconds due;
    unsigned looks;
  };

  sender_kind current() const { return terms_.route[position_]; }
  bool last_sender() const { return position_ + 1 == terms_.route.size(); }
  milliseconds end() const { return std::min(budget_end_, terms_.life_left); }
  static bool searchable(sender_kind sender) { return sender == sender_kind::twilio; }
  void retry_or_move_on(milliseconds now, double unit);
  void move_on(milliseconds now, reason if_none);
  void finish(status how, reason why);
  reason reason_when_exhausted() const;
  delivery_step finish_late() const;

  delivery_terms terms_;
  domain::outcome outcome_;
  std::size_t position_ = 0;
  milliseconds budget_end_ = budget;
  unsigned attempts_ = 0;                    // with the current sender
  milliseconds due_{0};                      // of the next attempt
  std::optional<milliseconds> retry_after_;  // of the last answer
  bool twilio_unsure_ = false;               // an attempt may have been taken, and no search has found it
  bool kinde_unsure_ = false;
  std::optional<search> search_;
  bool done_ = false;
};

}  // namespace sendcode::domain
