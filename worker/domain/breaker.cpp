#include "worker/domain/breaker.hpp"

#include <algorithm>

namespace sendcode::domain {

bool breaker::would_allow(milliseconds now) const noexcept {
  switch (state_) {
    case state::closed:
      return true;
    case state::open:
      return now >= opens_again_;
    case state::half_open:
      return !probing_ || now >= probe_given_up_;
  }
  return false;
}

std::optional<breaker::permit> breaker::allow(milliseconds now) {
  if (!would_allow(now)) return std::nullopt;
  if (state_ != state::closed) {
    state_ = state::half_open;
    probing_ = true;
    probe_given_up_ = now + probe_most;
    ++permit_;  // each probe has its own
  }
  return permit{permit_};
}

void breaker::ended(permit attempt, result how, milliseconds now, double unit) {
  if (attempt.number != permit_ || state_ == state::open) return;
  const bool failure = how != result::answered;
  refused_ = how == result::refused || (refused_ && failure);
  if (state_ == state::closed) {
    keep(failure, now);
    const auto failures = static_cast<std::size_t>(std::ranges::count(results_, true, &kept::failure));
    if (failures >= failures_least && 2 * failures >= results_.size()) open(now, unit);
    return;
  }
  ++permit_;  // it has ended: a second result of it counts for nothing
  probing_ = false;
  if (failure) {
    open(now, unit);
  } else if (++answered_probes_ == probes_to_close) {
    state_ = state::closed;
    results_.clear();
    openings_ = 0;
  }
}

void breaker::keep(bool failure, milliseconds at) {
  results_.push_back({at, failure});
  while (results_.size() > results_kept || results_.front().at + window <= at) results_.pop_front();
}

void breaker::open(milliseconds now, double unit) {
  state_ = state::open;
  ++permit_;
  ++openings_;
  answered_probes_ = 0;
  // Half of it always: an account that is down is left alone.
  const auto ceiling = pause.ceiling(openings_ + 1);
  opens_again_ = now + ceiling / 2 + pause.before(openings_ + 1, unit) / 2;
}

breaker::result breaker_result(const attempt& made) noexcept {
  constexpr std::uint16_t unauthorized = 401;
  if (made.http_status == unauthorized) return breaker::result::refused;
  const bool failed = made.outcome == answer_class::interrupted || made.outcome == answer_class::unknown;
  return failed ? breaker::result::failed : breaker::result::answered;
}

}  // namespace sendcode::domain
