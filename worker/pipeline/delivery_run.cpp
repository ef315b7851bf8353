#include "worker/pipeline/delivery_run.hpp"

#include <algorithm>

#include "common/bytes.hpp"
#include "worker/pipeline/admission_request.hpp"
#include "worker/pipeline/holding.hpp"

namespace sendcode::pipeline {
namespace {

// What a held event's lease must still last when it is looked at: longer than the longest pause between two looks.
constexpr milliseconds lease_kept{7'000};
// The longest sleep before looking again whether the event must be given back.
constexpr milliseconds hold_nap_most{250};

milliseconds life_left(const leased_event& leased) {
  return std::max(milliseconds{0},
                  std::chrono::duration_cast<milliseconds>(leased.grant.expires_at - leased.grant.store_now));
}

// A lease that ran out: whoever held it may have sent, and said nothing.
bool maybe_taken_before(const ports::granted& grant) {
  return grant.flags.maybe_taken || !grant.first_lease;
}

domain::delivery_terms make_terms(const leased_event& leased) {
  return {.route = leased.plan.route,
          .life_left = life_left(leased),
          .failed_over = leased.grant.flags.failed_over,
          .possible_duplicate = leased.grant.flags.possible_duplicate,
          .maybe_taken = maybe_taken_before(leased.grant)};
}

}  // namespace

delivery_run::delivery_run(shard_state& shard, leased_event leased, secret body)
    : shard_(shard),
      with_(shard.with),
      leased_(std::move(leased)),
      plan_(&leased_.plan),
      body_(std::move(body)),
      delivery_(make_terms(leased_)),
      started_(with_.clock.steady_now()),
      lease_(with_, leased_.event, leased_.token, leased_.lease_began),
      kinde_reserved_(leased_.grant.flags.kinde_reserved),
      reserved_of_(kinde_allowance(*leased_.plan.environment, shard.chosen)) {}

awaitable<run_result> delivery_run::run() {
  while (true) {
    const bool untouched = attempts_ == 0 && !maybe_taken_before(leased_.grant);
    if (untouched && must_stop()) co_return co_await give_back();

    const auto step = delivery_.next(elapsed());
    std::optional<run_result> end;
    if (const auto* waiting = std::get_if<domain::wait_step>(&step)) {
      end = co_await wait(*waiting);
    } else if (const auto* sending = std::get_if<domain::send_step>(&step)) {
      end = co_await send(*sending);
    } else if (const auto* searching = std::get_if<domain::search_step>(&step)) {
      end = co_await search(*searching);
    } else if (const auto* holding = std::get_if<domain::hold_step>(&step)) {
      end = co_await hold(*holding);
    } else {
      end = co_await finish(std::get<domain::finish_step>(step).outcome);
    }
    if (end) co_return std::move(*end);
  }
}

bool delivery_run::must_stop() const {
  return pipeline::must_stop(shard_, leased_.position);
}

milliseconds delivery_run::elapsed() const {
  return std::chrono::duration_cast<milliseconds>(with_.clock.steady_now() - started_);
}

ports::text_sender& delivery_run::sender_of(domain::sender_kind kind) const {
  return kind == domain::sender_kind::kinde ? *with_.kinde : *with_.twilio;
}

ports::text_order delivery_run::order_now() const {
  return {.environment = plan_->environment.get(),
          .request_id = leased_.event.request_id,
          .to = plan_->phone.e164,
          .body = body_.expose(),
          .attempt_number = attempts_ + 1,
          .now = leased_.grant.store_now + elapsed(),  // by the clock that the code's life is counted with
          .expires_at = leased_.grant.expires_at,
          .traceparent = leased_.event.traceparent,
          .receipt_ref = leased_.receipt_ref};
}

ports::event_flags delivery_run::flags() const {
  return {.failed_over = delivery_.failed_over(),
          .possible_duplicate = delivery_.possible_duplicate(),
          .maybe_taken = delivery_.maybe_taken(),
          .kinde_reserved = kinde_reserved_};
}

awaitable<std::optional<run_result>> delivery_run::send(const domain::send_step& step) {
  if (!lease_.lasts(at(step.deadline))) co_return co_await renew_lease();
  auto& breakers = shard_.breakers;
  if (step.sender == domain::sender_kind::kinde && (!kinde_reserved_ || step.if_trusted)) {
    if (breakers.would_allow_any({step.sender}, environment())) co_return co_await reserve_kinde(step.if_trusted);
  }
  const auto permit = breakers.allow(step.sender, environment());
  if (!permit) {
    delivery_.shut_out(breakers.was_refused(step.sender, environment()), elapsed());
    co_return std::nullopt;
  }
  const auto began = elapsed();
  const auto order = order_now();
  auto reply = co_await sender_of(step.sender).send(order, at(step.deadline));
  ++attempts_;
  with_.telemetry.attempt_made(reply.attempt);
  const bool breaker_open = breakers.ended(environment(), *permit, reply.attempt);
  const domain::delivery::answer answer{reply.attempt, std::move(reply.message_id), reply.segments, reply.retry_after,
                                        breaker_open};
  delivery_.answered(answer, began, elapsed(), with_.random.unit());
  co_return std::nullopt;
}

awaitable<std::optional<run_result>> delivery_run::search(const domain::search_step& step) {
  if (!lease_.lasts(at(step.deadline))) co_return co_await renew_lease();
  // The worker's wall clock, for the sender's dates are a wall clock's.
  const auto since = step.whole ? leased_.grant.first_leased_at
                                : std::chrono::floor<milliseconds>(with_.clock.now() - (elapsed() - step.since));
  const auto order = order_now();
  const auto texts = co_await sender_of(step.sender).find(order, since, at(step.deadline));
  if (texts) {
    for (const auto& text : *texts) {
      domain::delivery as_found = delivery_;
      as_found.found(text.message_id, text.segments);
      const auto step_after = as_found.next(elapsed());
      if (auto end = co_await settle(std::get<domain::finish_step>(step_after).outcome)) co_return end;
    }
  }
  delivery_.not_found(elapsed(), with_.random.unit());
  co_return std::nullopt;
}

awaitable<std::optional<run_result>> delivery_run::hold(const domain::hold_step& step) {
  if (!holding::has_place(shard_)) {
    delivery_.give_up();
    co_return std::nullopt;
  }
  holding held(shard_, leased_.position, at(step.until), hold_tries_);
  while (true) {
    const auto next = co_await held.pause();
    if (next == holding::next::stop) co_return co_await leave();
    if (next == holding::next::give_up) break;
    if (auto end = co_await keep_lease()) co_return end;
    if (must_stop() || elapsed() < step.not_before || !judge_again()) continue;
    const auto now_held = std::get<domain::hold_step>(delivery_.next(elapsed()));
    if (!shard_.breakers.would_allow_any(now_held.waits_for, environment())) continue;
    delivery_.try_again(elapsed());
    co_return std::nullopt;
  }
  delivery_.give_up();
  co_return std::nullopt;
}

// A sender's Retry-After may be long: meanwhile the event is out of flight, under a lease that is kept. It is not a
// held one for all that: its budget goes on, and so the log need not be told to end it.
awaitable<std::optional<run_result>> delivery_run::wait(const domain::wait_step& step) {
  const auto nap = [&] { return std::min(at(step.until), with_.clock.steady_now() + hold_nap_most); };
  const bool is_short = step.until - elapsed() <= domain::delivery::retry_backoff.most;
  if (is_short || shard_.held >= long_waits_max) {
    co_await with_.clock.sleep_until(nap());
    co_return std::nullopt;
  }
  const out_of_flight away(shard_);
  while (elapsed() < step.until) {
    if (must_stop()) co_return co_await leave();
    if (auto end = co_await keep_lease()) co_return end;
    co_await with_.clock.sleep_until(nap());
  }
  delivery_.deferred(elapsed() - step.until);  // the store was away
  co_return std::nullopt;
}

bool delivery_run::judge_again() {
  auto verdict = leased_.judge_again();
  auto* plan = std::get_if<domain::send_plan>(&verdict);
  if (plan == nullptr || plan->route.front() == domain::sender_kind::test) return false;
  // The code and the limits are of the number that was admitted: a national one may be another's by now.
  if (plan->phone.e164 != plan_->phone.e164) return false;
  later_plan_ = std::move(*plan);
  plan_ = &*later_plan_;
  delivery_.rerouted(plan_->route);
  return true;
}

awaitable<std::optional<run_result>> delivery_run::finish(domain::outcome outcome) {
  auto end = co_await settle(outcome);
  if (!end) {
    // Another event's search has claimed this very text; that it was sent is still true.
    outcome.message_id.clear();
    end = co_await settle(std::move(outcome));
  }
  co_return end;
}

milliseconds delivery_run::record_life() const {
  return ports::record_life(environment().sms.code_ttl, shard_.chosen.dedupe_ttl);
}

awaitable<std::optional<ports::renew_reply>> delivery_run::renew(ports::renew_request request) {
  std::function<bool()> stop = [this] { return must_stop(); };
  return lease_.renew(std::move(request), std::move(stop));
}

awaitable<std::optional<run_result>> delivery_run::renew_lease() {
  const auto began = elapsed();
  auto request = renewal();
  const auto reply = co_await renew(std::move(request));
  delivery_.deferred(elapsed() - began);
  if (!reply) co_return abandoned{};
  if (std::holds_alternative<ports::lost>(*reply)) co_return lease_lost{};
  co_return std::nullopt;
}

awaitable<std::optional<run_result>> delivery_run::keep_lease() {
  if (lease_.lasts(at(elapsed() + lease_kept))) co_return std::nullopt;
  auto request = renewal();
  const auto reply = co_await renew(std::move(request));
  if (reply && std::holds_alternative<ports::lost>(*reply)) co_return lease_lost{};
  co_return std::nullopt;
}

awaitable<std::optional<run_result>> delivery_run::reserve_kinde(bool if_trusted) {
  const auto began = elapsed();
  auto request = renewal();
  request.reserve = kinde_allowance(environment(), shard_.chosen);
  if (if_trusted && environment().sms.twilio) request.if_accepted_by = environment().sms.twilio->account_sid;
  const auto reply = co_await renew(std::move(request));
  delivery_.deferred(elapsed() - began);
  if (!reply) co_return abandoned{};
  if (std::holds_alternative<ports::lost>(*reply)) co_return lease_lost{};
  if (std::holds_alternative<ports::allowance_used_up>(*reply)) {
    delivery_.sender_unusable(elapsed());
  } else if (std::holds_alternative<ports::not_trusted>(*reply)) {
    delivery_.untrusted(elapsed());
  } else {
    kinde_reserved_ = true;
    reserved_of_ = *request.reserve;
    if (if_trusted) delivery_.trusted();
  }
  co_return std::nullopt;
}

awaitable<run_result> delivery_run::leave() {
  if (delivery_.maybe_taken()) co_return abandoned{};
  co_return co_await give_back();
}

awaitable<run_result> delivery_run::give_back() {
  auto request = renewal();
  co_await lease_.give_back(std::move(request));
  co_return given_back{};
}

awaitable<std::optional<run_result>> delivery_run::settle(domain::outcome outcome) {
  auto request = lease_.settlement(flags(), record_life());
  request.flags.failed_over = outcome.failed_over;  // a second sender that was to be asked next was not
  request.phone = plan_->phone.e164;
  request.prefix = plan_->phone.prefix();
  request.fraud_answer = outcome.status == domain::status::failed && outcome.reason == domain::reason::suspected_fraud;
  if (kinde_reserved_ && delivery_.surely_untouched(domain::sender_kind::kinde)) {
    request.give_back = reserved_of_;
  }
  const auto& twilio = environment().sms.twilio;
  const bool by_twilio =
      twilio && outcome.status == domain::status::sent && outcome.sender == domain::sender_kind::twilio;
  if (by_twilio &&
      shard_.accounts.is_to_be_told(request.environment_id, twilio->account_sid, with_.clock.steady_now())) {
    request.accepted_by = twilio->account_sid;
  }
  request.outcome = std::move(outcome);
  auto reply = co_await lease_.settle(request);
  if (std::holds_alternative<ports::message_claimed>(reply)) co_return std::nullopt;
  if (std::holds_alternative<ports::lost>(reply)) co_return lease_lost{};
  if (!request.accepted_by.empty()) {
    shard_.accounts.told(request.environment_id, request.accepted_by, with_.clock.steady_now());
  }
  co_return std::get<ports::settled>(std::move(reply));
}

}  // namespace sendcode::pipeline
