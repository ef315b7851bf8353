#include "worker/pipeline/delivery_run.hpp"

#include <algorithm>

#include "common/bytes.hpp"
#include "worker/pipeline/admission_request.hpp"
#include "worker/pipeline/store_retry.hpp"

namespace sendcode::pipeline {
namespace {

// An attempt must end this long before the lease does, so that its outcome is settled in time.
constexpr milliseconds lease_margin{500};
// The longest sleep before looking again whether the event must be given back.
constexpr milliseconds nap_most{250};

milliseconds life_left(const leased_event& leased) {
  return std::max(milliseconds{0},
                  std::chrono::duration_cast<milliseconds>(leased.grant.expires_at - leased.grant.store_now));
}

// A lease that ran out: whoever held it may have sent, and said nothing.
bool maybe_taken_before(const ports::granted& grant) {
  return grant.flags.maybe_taken || !grant.first_lease;
}

domain::delivery_terms make_terms(const leased_event& leased, const accounts& known, timestamp now) {
  const auto& twilio = leased.plan.environment->sms.twilio;
  return {.route = leased.plan.route,
          .life_left = life_left(leased),
          .failed_over = leased.grant.flags.failed_over,
          .possible_duplicate = leased.grant.flags.possible_duplicate,
          .maybe_taken = maybe_taken_before(leased.grant),
          .account_trusted = twilio && known.is_trusted(twilio->account_sid, now)};
}

}  // namespace

delivery_run::delivery_run(const services& with, const options& chosen, accounts& known, leased_event leased,
                           secret body)
    : with_(with),
      options_(chosen),
      accounts_(known),
      leased_(std::move(leased)),
      body_(std::move(body)),
      delivery_(make_terms(leased_, known, with.clock.now())),
      started_(with.clock.steady_now()),
      lease_ends_(leased_.lease_began + ports::lease_duration),
      kinde_reserved_(leased_.grant.flags.kinde_reserved) {}

awaitable<run_result> delivery_run::run() {
  while (true) {
    const bool untouched = attempts_ == 0 && !maybe_taken_before(leased_.grant);
    if (untouched && leased_.must_stop()) co_return co_await give_back();

    const auto step = delivery_.next(elapsed());
    std::optional<run_result> end;
    if (const auto* wait = std::get_if<domain::wait_step>(&step)) {
      co_await with_.clock.sleep_until(std::min(at(wait->until), with_.clock.steady_now() + nap_most));
    } else if (const auto* sending = std::get_if<domain::send_step>(&step)) {
      end = co_await send(*sending);
    } else if (const auto* searching = std::get_if<domain::search_step>(&step)) {
      end = co_await search(*searching);
    } else {
      auto outcome = std::get<domain::finish_step>(step).outcome;
      end = co_await settle(outcome);
      if (!end) {
        // Another event's search has claimed this very text; that it was sent is still true.
        outcome.message_id.clear();
        end = co_await settle(std::move(outcome));
      }
    }
    if (end) co_return std::move(*end);
  }
}

milliseconds delivery_run::elapsed() const {
  return std::chrono::duration_cast<milliseconds>(with_.clock.steady_now() - started_);
}

ports::text_sender& delivery_run::sender_of(domain::sender_kind kind) const {
  return kind == domain::sender_kind::kinde ? *with_.kinde : *with_.twilio;
}

ports::text_order delivery_run::order_now() const {
  return {.environment = leased_.plan.environment.get(),
          .request_id = leased_.event.request_id,
          .to = leased_.plan.phone.e164,
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
  if (!lease_lasts(step.deadline)) co_return co_await renew_lease();
  if (step.sender == domain::sender_kind::kinde && !kinde_reserved_) {
    auto reserved = co_await reserve_kinde();
    if (auto* end = std::get_if<run_result>(&reserved)) co_return std::move(*end);
    if (!std::get<bool>(reserved)) delivery_.sender_unusable(elapsed());
    co_return std::nullopt;
  }
  const auto began = elapsed();
  const auto order = order_now();
  auto reply = co_await sender_of(step.sender).send(order, at(step.deadline));
  ++attempts_;
  with_.telemetry.attempt_made(reply.attempt);
  if (reply.attempt.outcome == domain::answer_class::accepted && step.sender == domain::sender_kind::twilio) {
    accounts_.accepted(leased_.plan.environment->sms.twilio->account_sid, with_.clock.now());
  }
  const domain::delivery::answer answer{reply.attempt, std::move(reply.message_id), reply.segments, reply.retry_after};
  delivery_.answered(answer, began, elapsed(), with_.random.unit());
  co_return std::nullopt;
}

awaitable<std::optional<run_result>> delivery_run::search(const domain::search_step& step) {
  if (!lease_lasts(step.deadline)) co_return co_await renew_lease();
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

ports::renew_request delivery_run::renewal(std::optional<ports::allowance_check> reserve) const {
  return {.token = leased_.token,
          .environment_id = leased_.event.environment_id,
          .request_id = leased_.event.request_id,
          .flags = flags(),
          .record_life = ports::record_life(leased_.plan.environment->sms.code_ttl, options_.dedupe_ttl),
          .reserve = reserve};
}

bool delivery_run::lease_lasts(milliseconds until) const {
  return at(until) + lease_margin <= lease_ends_;
}

awaitable<std::optional<run_result>> delivery_run::renew_lease() {
  auto renewed = co_await renew(std::nullopt);
  if (auto* end = std::get_if<run_result>(&renewed)) co_return std::move(*end);
  co_return std::nullopt;
}

awaitable<std::variant<bool, run_result>> delivery_run::reserve_kinde() {
  auto renewed = co_await renew(kinde_allowance(*leased_.plan.environment, options_));
  if (const auto* reserved = std::get_if<bool>(&renewed)) kinde_reserved_ = *reserved;
  co_return renewed;
}

awaitable<std::variant<bool, run_result>> delivery_run::renew(std::optional<ports::allowance_check> reserve) {
  const auto began = elapsed();
  auto asked = with_.clock.steady_now();
  const auto request = renewal(reserve);
  const auto call = [&] {
    asked = with_.clock.steady_now();
    return with_.store.renew(request);
  };
  auto reply = co_await until_answered<ports::renew_reply>(with_, call, leased_.must_stop);
  delivery_.deferred(elapsed() - began);
  if (!reply) co_return run_result{abandoned{}};
  if (std::holds_alternative<ports::lost>(*reply)) co_return run_result{lease_lost{}};
  if (std::holds_alternative<ports::allowance_used_up>(*reply)) co_return false;
  lease_ends_ = asked + ports::lease_duration;
  co_return true;
}

awaitable<run_result> delivery_run::give_back() {
  const auto request = renewal(std::nullopt);
  // One try: a lease that could not be given back runs out by itself.
  (void)co_await with_.store.release(request);
  co_return given_back{};
}

awaitable<std::optional<run_result>> delivery_run::settle(domain::outcome outcome) {
  ports::settle_request request;
  request.token = leased_.token;
  request.environment_id = leased_.event.environment_id;
  request.request_id = leased_.event.request_id;
  request.flags = flags();
  request.record_life = ports::record_life(leased_.plan.environment->sms.code_ttl, options_.dedupe_ttl);
  request.phone = leased_.plan.phone.e164;
  request.prefix = leased_.plan.phone.prefix();
  request.fraud_answer = outcome.status == domain::status::failed && outcome.reason == domain::reason::suspected_fraud;
  if (kinde_reserved_ && delivery_.surely_untouched(domain::sender_kind::kinde)) {
    request.give_back = kinde_allowance(*leased_.plan.environment, options_);
  }
  request.outcome = std::move(outcome);
  const auto call = [&] { return with_.store.settle(request); };
  const auto never = [] { return false; };
  auto reply = co_await until_answered<ports::settle_reply>(with_, call, never);
  if (std::holds_alternative<ports::message_claimed>(*reply)) co_return std::nullopt;
  if (std::holds_alternative<ports::lost>(*reply)) co_return lease_lost{};
  co_return std::get<ports::settled>(std::move(*reply));
}

}  // namespace sendcode::pipeline
