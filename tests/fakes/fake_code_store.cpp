#include "tests/fakes/fake_code_store.hpp"

#include <algorithm>

namespace sendcode::tests {
namespace {

constexpr int run_out_most = 3;
const auto unreachable = std::unexpected(ports::store_outage{"test"});

domain::outcome ended(domain::status how, domain::reason why) {
  domain::outcome out;
  out.status = how;
  out.reason = why;
  return out;
}

}  // namespace

ports::admit_reply fake_code_store::decide(const ports::admit_request& request) {
  const auto too_old = [&](timestamp birth) { return now() >= birth + request.code_life - request.code_life / 10; };
  const auto birth = std::min(request.birth, now());
  const auto granted = [&](const record& r) -> ports::admit_reply {
    return ports::granted{!r.taken_over, r.first_leased_at, r.expires_at, now(), r.flags, r.nonce, r.key_id};
  };
  const auto found = records.find(request.request_id);
  if (found != records.end()) {
    auto& r = found->second;
    if (r.digest != request.data_digest) return ports::id_reused{};
    if (r.at == state::settled) {
      if (r.outcome.reason == domain::reason::poison) return ports::poison{};
      return ports::settled{r.outcome, r.expires_at, r.token};
    }
    const bool mine = r.at == state::leased && r.token == request.token;
    if (r.at == state::leased && !mine) {
      if (now() < r.lease_ends) {
        return ports::leased_elsewhere{std::chrono::duration_cast<milliseconds>(r.lease_ends - now())};
      }
      if (++r.run_out > run_out_most) {
        r.at = state::settled;
        r.outcome = ended(domain::status::failed, domain::reason::poison);
        return ports::poison{};
      }
      r.taken_over = true;
    }
    if (now() >= r.expires_at) {
      r.at = state::settled;
      r.outcome = ended(domain::status::failed, domain::reason::unconfirmed);
      return ports::settled{r.outcome, r.expires_at, r.token};
    }
    r.at = state::leased;
    r.token = request.token;
    r.lease_ends = now() + ports::lease_duration;
    return granted(r);
  }

  record r;
  r.token = request.token;
  r.digest = request.data_digest;
  r.key_id = request.signing_key_id;
  r.lease_ends = now() + ports::lease_duration;
  r.first_leased_at = now();
  r.expires_at = birth + request.code_life;
  r.nonce = request.fresh_nonce;
  std::optional<domain::outcome> end;
  if (too_old(birth)) {
    end = ended(domain::status::expired, domain::reason::too_old);
  } else if (request.verdict.status != domain::status::none) {
    end = request.verdict;
  } else {
    end = limits(request);
  }
  if (!end && request.allowance) {
    if (kinde_left == 0) {
      end = ended(domain::status::rejected, domain::reason::allowance_used_up);
    } else {
      --kinde_left;
      r.flags.kinde_reserved = true;
    }
  }
  if (end) {
    r.at = state::settled;
    r.outcome = *end;
  }
  records[request.request_id] = r;
  if (end) return ports::settled{r.outcome, r.expires_at, r.token};
  return granted(r);
}

fake_code_store::record* fake_code_store::held(const domain::request_id& id, const ports::token& token) {
  const auto found = records.find(id);
  if (found == records.end() || found->second.token != token || found->second.at != state::leased) return nullptr;
  return &found->second;
}

awaitable<ports::stored<ports::admit_reply>> fake_code_store::admit(const ports::admit_request& request) {
  ++asked;
  if (outage) co_return unreachable;
  auto reply = decide(request);
  admitted.push_back(request);
  co_await clock_.sleep_until(clock_.steady_now() + latency);
  if (lost()) co_return unreachable;
  co_return reply;
}

awaitable<ports::stored<ports::renew_reply>> fake_code_store::renew(const ports::renew_request& request) {
  ++asked;
  if (outage) co_return unreachable;
  auto* r = held(request.request_id, request.token);
  if (r == nullptr) co_return ports::lost{};
  if (!request.if_accepted_by.empty() && !accepted_by.contains(request.if_accepted_by)) co_return ports::not_trusted{};
  if (request.reserve && !r->flags.kinde_reserved) {
    if (kinde_left == 0) co_return ports::allowance_used_up{3600};
    --kinde_left;
    r->flags.kinde_reserved = true;
  }
  const bool reserved = r->flags.kinde_reserved;
  r->flags = request.flags;
  r->flags.kinde_reserved = reserved;
  r->lease_ends = now() + ports::lease_duration;
  renewals.push_back(request);
  if (lost()) co_return unreachable;
  co_return ports::renewed{};
}

awaitable<ports::stored<bool>> fake_code_store::release(const ports::renew_request& request) {
  ++asked;
  if (outage) co_return unreachable;
  auto* r = held(request.request_id, request.token);
  if (r == nullptr) co_return false;
  r->at = state::released;
  ++releases;
  co_return true;
}

awaitable<ports::stored<ports::settle_reply>> fake_code_store::settle(const ports::settle_request& request) {
  ++asked;
  if (outage) co_return unreachable;
  const auto found = records.find(request.request_id);
  if (found == records.end()) co_return ports::lost{};
  auto& r = found->second;
  if (r.at != state::settled) {
    if (r.token != request.token) co_return ports::lost{};
    const auto& message = request.outcome.message_id;
    if (!message.empty()) {
      const auto owner = claimed.try_emplace(message, request.request_id).first->second;
      if (owner != request.request_id) co_return ports::message_claimed{};
    }
    r.at = state::settled;
    r.outcome = request.outcome;
    r.flags = request.flags;
    if (request.give_back) ++given_back;
    if (!request.accepted_by.empty()) accepted_by.insert(request.accepted_by);
    settlements.push_back(request);
  }
  if (lost()) co_return unreachable;
  co_return ports::settled{r.outcome, r.expires_at, r.token};
}

awaitable<ports::stored<ports::check_reply>> fake_code_store::check(const ports::check_request& request) {
  ++asked;
  if (outage) co_return unreachable;
  auto reply = on_check(request);
  checks.push_back(request);
  co_await clock_.sleep_until(clock_.steady_now() + latency);
  if (lost()) co_return unreachable;
  co_return reply;
}

awaitable<ports::stored<ports::consume_reply>> fake_code_store::consume(const ports::consume_request& request) {
  ++asked;
  if (outage) co_return unreachable;
  auto reply = on_consume(request);
  consumptions.push_back(request);
  if (lost()) co_return unreachable;
  co_return reply;
}

void fake_code_store::take_over(domain::request_id id, milliseconds lease) {
  auto& r = records.at(id);
  r.token.fill(0xEE);
  r.at = state::leased;
  r.taken_over = true;
  r.lease_ends = now() + lease;
}

void fake_code_store::end_elsewhere(domain::request_id id, domain::outcome outcome) {
  auto& r = records.at(id);
  r.token.fill(0xEE);
  r.at = state::settled;
  r.outcome = std::move(outcome);
}

}  // namespace sendcode::tests
