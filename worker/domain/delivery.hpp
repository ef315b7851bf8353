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
  bool maybe_taken = false;  // an earlier lease may have sent: ask before anything is sent
};

// Steps. Times are ms since the delivery began.
struct wait_step {
  milliseconds until;
};
struct send_step {
  sender_kind sender;
  milliseconds deadline;
  // The first sender refused the account: the second may stand in only if the account accepted a text lately, for a
  // made-up account must not be a free pass to the shared sender.
  bool if_trusted;
};
// Ask the sender which texts it took. `whole`: since the event's first lease; else since `since`.
struct search_step {
  sender_kind sender;
  bool whole;
  milliseconds since;
  milliseconds deadline;
};
// No sender is left now: to be tried again once the breaker of one of these lets somebody through.
struct hold_step {
  std::vector<sender_kind> waits_for;
  milliseconds not_before;  // by the first sender's Retry-After
  milliseconds until;
};
struct finish_step {
  domain::outcome outcome;
};
using delivery_step = std::variant<wait_step, send_step, search_step, hold_step, finish_step>;

class delivery {
 public:
  static constexpr milliseconds budget{45'000};
  static constexpr milliseconds attempt_most{10'000};
  static constexpr unsigned attempts_each = 3;
  static constexpr unsigned looks_most = 3;
  static constexpr milliseconds looking_most{5'000};
  static constexpr domain::backoff retry_backoff{milliseconds{100}, milliseconds{3000}};
  static constexpr milliseconds least_life_to_hold{30'000};  // a held event ends this long before its code's life
  static constexpr std::size_t attempts_told_most = 12;      // of more, the last takes the last place

  explicit delivery(delivery_terms terms);

  delivery_step next(milliseconds now) const;

  // What came of a send: the attempt, when it began, what the sender asked for. `unit` in [0, 1) is the jitter of a
  // retry.
  struct answer {
    domain::attempt attempt;
    std::string message_id;  // where it was accepted and the answer had one
    std::uint8_t segments = 0;
    std::optional<milliseconds> retry_after;
    bool breaker_open = false;  // the sender's, after this attempt
  };
  void answered(const answer& what, milliseconds began, milliseconds now, double unit);
  // What came of a search: the text, or none (also when the sender could not be asked).
  void found(std::string message_id, std::uint8_t segments);
  void not_found(milliseconds now, double unit);
  // The sender of a send step was not asked, for its breaker let nothing through. `refused`: it refuses the account.
  void shut_out(bool refused, milliseconds now);
  // The sender of a send step may not be used for this event: its allowance is used up.
  void sender_unusable(milliseconds now);
  // Whether the account is trusted, where a sender was to be asked only `if_trusted`.
  void trusted() { needs_trust_ = false; }
  void untrusted(milliseconds now);
  // What came of a hold step: the settings may have changed the route, a sender may be tried again, or the hold is
  // over.
  void rerouted(std::vector<sender_kind> route);
  void try_again(milliseconds now);
  void give_up();
  // The store kept the delivery waiting this long: an outage defers, so it does not use up the budget.
  void deferred(milliseconds by);

  // The state that outlives a crash. Failed over: to a second sender that was asked, or is about to be.
  bool possible_duplicate() const noexcept { return outcome_.possible_duplicate; }
  bool failed_over() const noexcept { return outcome_.failed_over || (position_ > 0 && !held_since_ && !done_); }
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
  void retry_or_move_on(milliseconds now, double unit, bool shut);
  // To the next sender, if there is one. `shut`: the breaker of the current one is open.
  void move_on(milliseconds now, reason if_none, bool shut);
  void hold(milliseconds now);
  // The Kinde sender may have taken it: nobody else is to be asked.
  bool bound_to_kinde() const { return kinde_unsure_ && current() == sender_kind::kinde; }
  void finish(status how, reason why);
  reason reason_when_exhausted() const;
  delivery_step finish_late() const;

  delivery_terms terms_;
  domain::outcome outcome_;
  std::size_t position_ = 0;
  milliseconds budget_end_ = budget;
  unsigned attempts_ = 0;                    // with the current sender
  unsigned unsure_attempts_ = 0;             // with the first sender, that it may have taken
  milliseconds due_{0};                      // of the next attempt
  std::optional<milliseconds> retry_after_;  // of the last answer
  bool twilio_unsure_ = false;               // an attempt may have been taken, and no search has found it
  bool kinde_unsure_ = false;
  std::optional<search> search_;
  milliseconds not_before_{0};  // what the first sender's Retry-After asks for
  bool first_shut_ = false;     // the first sender's breaker was open when that was left
  bool needs_trust_ = false;    // the first sender refuses the account
  std::optional<milliseconds> held_since_;
  // Since when it tries again after a hold. Tries that come to nothing are part of being held: not of the budget.
  std::optional<milliseconds> trying_since_;
  bool done_ = false;
};

}  // namespace sendcode::domain
