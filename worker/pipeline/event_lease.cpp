#include "worker/pipeline/event_lease.hpp"

#include <utility>

#include "worker/pipeline/store_retry.hpp"

namespace sendcode::pipeline {
namespace {

// An attempt must end this long before the lease does, so that its outcome is settled in time.
constexpr milliseconds margin{500};

}  // namespace

bool event_lease::lasts(ports::steady_time until) const {
  return until + margin <= ends_;
}

ports::renew_request event_lease::renewal(const ports::event_flags& flags, milliseconds record_life) const {
  return {.token = token_,
          .environment_id = event_.environment_id,
          .request_id = event_.request_id,
          .flags = flags,
          .record_life = record_life,
          .reserve = std::nullopt};
}

ports::settle_request event_lease::settlement(const ports::event_flags& flags, milliseconds record_life) const {
  ports::settle_request out;
  out.token = token_;
  out.environment_id = event_.environment_id;
  out.request_id = event_.request_id;
  out.flags = flags;
  out.record_life = record_life;
  return out;
}

awaitable<std::optional<ports::renew_reply>> event_lease::renew(ports::renew_request request,
                                                                std::function<bool()> give_up) {
  auto asked = with_.clock.steady_now();
  const auto call = [&] {
    asked = with_.clock.steady_now();
    return with_.store.renew(request);
  };
  auto reply = co_await until_answered<ports::renew_reply>(with_, call, give_up);
  if (reply && std::holds_alternative<ports::renewed>(*reply)) ends_ = asked + ports::lease_duration;
  co_return reply;
}

awaitable<void> event_lease::give_back(ports::renew_request request) {
  (void)co_await with_.store.release(request);
}

awaitable<ports::settle_reply> event_lease::settle(const ports::settle_request& request) {
  const auto call = [&] { return with_.store.settle(request); };
  const auto never = [] { return false; };
  auto reply = co_await until_answered<ports::settle_reply>(with_, call, never);
  co_return std::move(*reply);
}

}  // namespace sendcode::pipeline
