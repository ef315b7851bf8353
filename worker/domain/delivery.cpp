#include "worker/domain/delivery.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "worker/domain/sender_answer.hpp"

namespace sendcode::domain {
namespace {

// When the looks of a search are due, counted from its start: a sender's list may lag behind what it took.
constexpr std::array<milliseconds, delivery::looks_most> look_times = {milliseconds{0}, milliseconds{1'500},
                                                                       milliseconds{4'000}};

}  // namespace

delivery::delivery(delivery_terms terms) : terms_(std::move(terms)) {
  outcome_.possible_duplicate = terms_.possible_duplicate;
  outcome_.failed_over = terms_.failed_over;
  if (!terms_.maybe_taken) return;
  // Whoever held the lease before may have sent by Twilio, so it is asked first. The Kinde sender is simply asked
  // again, by its idempotency key.
  kinde_unsure_ = terms_.failed_over || !searchable(current());
  if (searchable(current())) {
    twilio_unsure_ = true;
    search_ = search{.whole = true, .since = {}, .began = {}, .due = {}, .looks = 0};
  }
}

delivery_step delivery::next(milliseconds now) const {
  if (done_) return finish_step{outcome_};
  if (held_since_) {
    return hold_step{bound_to_kinde() ? std::vector{sender_kind::kinde} : terms_.route, not_before_,
                     terms_.life_left - least_life_to_hold};
  }
  if (search_) {
    // Looks may outlast the code's life, for what they find was sent in time; the budget holds for them too.
    if (now >= budget_end_) return finish_late();
    if (now < search_->due) return wait_step{std::min(search_->due, budget_end_)};
    const auto most = std::max(search_->began + looking_most, now);
    return search_step{current(), search_->whole, search_->since, std::min(most, budget_end_)};
  }
  if (now >= end()) return finish_late();
  if (now < due_) return wait_step{due_};
  return send_step{current(), std::min(now + attempt_most, end()), position_ > 0 && needs_trust_};
}

void delivery::answered(const answer& what, milliseconds began, milliseconds now, double unit) {
  const auto made = what.attempt.outcome;
  if (outcome_.attempts.size() == attempts_told_most) outcome_.attempts.pop_back();
  outcome_.attempts.push_back(what.attempt);
  ++attempts_;
  retry_after_ = what.retry_after;
  if (position_ == 0) not_before_ = now + retry_after_.value_or(milliseconds{0});
  const bool shut = what.breaker_open;
  if (made != answer_class::interrupted && made != answer_class::account) trying_since_.reset();
  outcome_.failed_over = failed_over();
  if (twilio_unsure_) outcome_.possible_duplicate = true;
  switch (made) {
    case answer_class::accepted:
      found(what.message_id, what.segments);
      return;
    case answer_class::busy:
    case answer_class::interrupted:
      retry_or_move_on(now, unit, shut);
      return;
    case answer_class::unknown:
      if (searchable(current())) {
        // Asked before anything else: another attempt, the other sender, or the end.
        twilio_unsure_ = true;
        ++unsure_attempts_;
        search_ = search{.whole = false, .since = began, .began = now, .due = now, .looks = 0};
      } else {
        kinde_unsure_ = true;
        retry_or_move_on(now, unit, shut);
      }
      return;
    case answer_class::account:
      needs_trust_ = needs_trust_ || position_ == 0;
      // Where an attempt before may have been taken, that is what its end says.
      move_on(now, maybe_taken() ? reason::unconfirmed : reason::sender_rejected, shut);
      return;
    case answer_class::recipient:
    case answer_class::opted_out:
    case answer_class::policy:
    case answer_class::fraud:
      finish(status::failed, reason_for(made, what.attempt.error_code));
      return;
  }
}

void delivery::found(std::string message_id, std::uint8_t segments) {
  search_.reset();
  outcome_.sender = current();
  outcome_.message_id = std::move(message_id);
  outcome_.segments = segments;
  finish(status::sent, reason::none);
}

void delivery::not_found(milliseconds now, double unit) {
  if (!search_) return;
  ++search_->looks;
  if (search_->looks < looks_most) {
    search_->due = std::max(now, search_->began + look_times[search_->looks]);
    if (search_->due < search_->began + looking_most) return;
  }
  const bool before_first_attempt = search_->whole;
  search_.reset();
  if (before_first_attempt) {
    due_ = now;
    // The second sender may have taken it: it answers a repeat, where the first would text a second time.
    if (terms_.failed_over && !last_sender()) move_on(now, reason::none, false);
  } else {
    // Whether its breaker is still open is found out by asking it.
    retry_or_move_on(now, unit, false);
  }
}

void delivery::shut_out(bool refused, milliseconds now) {
  needs_trust_ = needs_trust_ || (refused && position_ == 0);
  move_on(now, reason_when_exhausted(), true);
}

void delivery::sender_unusable(milliseconds now) {
  move_on(now, reason_when_exhausted(), false);
}

void delivery::untrusted(milliseconds now) {
  move_on(now, maybe_taken() ? reason::unconfirmed : reason::sender_rejected, false);
}

void delivery::rerouted(std::vector<sender_kind> route) {
  const bool fallback_was_no_use = first_shut_ && terms_.route.size() == 1;
  if (bound_to_kinde() || fallback_was_no_use) return;
  terms_.route = std::move(route);
  position_ = 0;
}

void delivery::try_again(milliseconds now) {
  if (!held_since_) return;
  budget_end_ += now - *held_since_;
  held_since_.reset();
  trying_since_ = now;
  if (!bound_to_kinde()) position_ = 0;
  attempts_ = searchable(current()) ? unsure_attempts_ : 0;
  needs_trust_ = false;
  due_ = now;
}

void delivery::give_up() {
  held_since_.reset();
  finish(status::failed, reason_when_exhausted());
}

void delivery::deferred(milliseconds by) {
  budget_end_ += by;
  if (search_) search_->began += by;
}

bool delivery::surely_untouched(sender_kind sender) const noexcept {
  if (terms_.maybe_taken || outcome_.sender == sender) return false;
  return searchable(sender) ? !twilio_unsure_ : !kinde_unsure_;
}

void delivery::retry_or_move_on(milliseconds now, double unit, bool shut) {
  const auto asked = retry_after_.value_or(milliseconds{0});
  // Whoever asks for a long wait is left alone; the text goes by the other sender meanwhile.
  const bool too_long = asked > retry_backoff.most && !last_sender();
  due_ = now + std::max(asked, retry_backoff.before(attempts_ + 1, unit));
  if (attempts_ >= attempts_each || too_long || shut || due_ >= end()) move_on(now, reason_when_exhausted(), shut);
}

void delivery::move_on(milliseconds now, reason if_none, bool shut) {
  if (!last_sender()) {
    first_shut_ = shut;
    ++position_;
    attempts_ = 0;
    due_ = now;
    return;
  }
  if (shut) return hold(now);
  if (position_ > 0 && first_shut_ && !kinde_unsure_) {
    // The second sender is of no use: the first one is what the event waits for.
    terms_.route.resize(position_);
    return hold(now);
  }
  finish(status::failed, if_none);
}

void delivery::hold(milliseconds now) {
  // No more texts than that may go out, however long the sender stays away.
  if (unsure_attempts_ >= attempts_each) return finish(status::failed, reason::unconfirmed);
  if (trying_since_) budget_end_ += now - *trying_since_;
  trying_since_.reset();
  held_since_ = now;
}

void delivery::finish(status how, reason why) {
  outcome_.status = how;
  outcome_.reason = why;
  done_ = true;
}

delivery_step delivery::finish_late() const {
  outcome late = outcome_;
  late.status = status::failed;
  late.reason = reason_when_exhausted();
  return finish_step{std::move(late)};
}

reason delivery::reason_when_exhausted() const {
  return maybe_taken() ? reason::unconfirmed : reason::senders_unavailable;
}

}  // namespace sendcode::domain
