#include "worker/pipeline/holding.hpp"

#include <algorithm>

#include "worker/domain/backoff.hpp"

namespace sendcode::pipeline {
namespace {

constexpr domain::backoff hold_backoff{milliseconds{250}, milliseconds{5'000}};
constexpr milliseconds drain_nap_most{500};  // the longest that a drain waits for a held event

}  // namespace

bool must_stop(const shard_state& shard, const ports::record_position& position) {
  return shard.draining || ports::is_revoked(*position.held_by);
}

out_of_flight::out_of_flight(shard_state& shard) : shard_(shard) {
  ++shard_.held;
  --shard_.in_flight;
  shard_.with.telemetry.held_changed(1);
  shard_.with.telemetry.in_flight_changed(-1);
  shard_.room_in_flight();
}

out_of_flight::~out_of_flight() {
  --shard_.held;
  ++shard_.in_flight;
  shard_.with.telemetry.held_changed(-1);
  shard_.with.telemetry.in_flight_changed(1);
}

std::optional<holding::next> holding::over() const {
  if (must_stop(shard_, position_)) return next::stop;
  if (ports::must_make_room(position_)) return next::give_up;
  return std::nullopt;
}

awaitable<holding::next> holding::pause() {
  const auto& with = shard_.with;
  if (with.clock.steady_now() >= ends_) co_return next::give_up;
  ++tries_;
  const auto pause = hold_backoff.ceiling(tries_ + 1) / 2 + hold_backoff.before(tries_ + 1, with.random.unit()) / 2;
  const auto wake = std::min<ports::steady_time>(with.clock.steady_now() + pause, ends_);
  while (!over() && with.clock.steady_now() < wake) {
    co_await with.clock.sleep_until(std::min<ports::steady_time>(wake, with.clock.steady_now() + drain_nap_most));
  }
  co_return over().value_or(next::try_again);
}

}  // namespace sendcode::pipeline
