#pragma once

#include <optional>

#include "worker/domain/backoff.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

constexpr domain::backoff store_backoff{milliseconds{50}, milliseconds{2000}};

// Asks the store until it answers: an outage defers, it does not drop. `call` returns awaitable<stored<Reply>> and must
// carry its token, so that asking again counts nothing twice. Nothing comes back only if `give_up` says so during an
// outage. Awaited directly: both are used by reference.
template <typename Reply, typename Call, typename GiveUp>
awaitable<std::optional<Reply>> until_answered(const services& with, const Call& call, const GiveUp& give_up) {
  for (unsigned tries = 2;; ++tries) {
    auto answer = co_await call();
    if (answer) co_return std::move(*answer);
    if (give_up()) co_return std::nullopt;
    const auto pause = store_backoff.before(tries, with.random.unit()) + milliseconds{1};
    co_await with.clock.sleep_until(with.clock.steady_now() + pause);
  }
}

// For calls that somebody waits for: once more after an outage, then the caller is told to come back. As above.
template <typename Call>
auto ask_twice(const Call& call) -> decltype(call()) {
  auto answer = co_await call();
  if (answer) co_return answer;
  co_return co_await call();
}

}  // namespace sendcode::pipeline
