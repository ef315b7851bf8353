#include "worker/pipeline/desk.hpp"

#include <utility>

#include "worker/domain/phone_number.hpp"
#include "worker/pipeline/store_retry.hpp"

namespace sendcode::pipeline {
namespace {

constexpr auto desk_is_out = std::unexpected(ports::desk_outage{});

}  // namespace

awaitable<std::expected<std::optional<ports::challenge_view>, ports::desk_outage>> desk::look(
    ports::challenge_reference of) {
  // How a challenge stands is the store's alone to say: no settings are needed but to know that there is none.
  if (rules_.settings->is_unknown(of.environment_id)) co_return std::nullopt;
  const auto ask = [&] { return store_.look(of); };
  const auto view = co_await ask_twice(ask);
  if (!view) co_return desk_is_out;
  co_return *view;
}

awaitable<std::expected<bool, ports::desk_outage>> desk::cancel(ports::challenge_reference of) {
  if (rules_.settings->is_unknown(of.environment_id)) co_return false;
  const auto* environment = rules_.settings->find(of.environment_id);
  if (environment == nullptr) co_return desk_is_out;
  const milliseconds life = ports::record_life(environment->sms.code_ttl, dedupe_ttl_);
  const auto ask = [&] { return store_.cancel(of, life); };
  const auto done = co_await ask_twice(ask);
  if (!done) co_return desk_is_out;
  co_return *done;
}

awaitable<std::expected<ports::unlock_answer, ports::desk_outage>> desk::unlock(ports::unlock_request of) {
  if (rules_.settings->is_unknown(of.environment_id)) co_return ports::unlock_answer::unknown_environment;
  const auto* environment = rules_.settings->find(of.environment_id);
  if (environment == nullptr) co_return desk_is_out;
  const auto& country = of.country.empty() ? environment->sms.default_country : of.country;
  const auto phone = domain::parse_phone_number(of.phone_number, country);
  if (!phone) co_return ports::unlock_answer::not_a_number;
  const auto ask = [&] { return store_.unlock(of.environment_id, phone->e164); };
  const auto done = co_await ask_twice(ask);
  if (!done) co_return desk_is_out;
  co_return ports::unlock_answer::unlocked;
}

}  // namespace sendcode::pipeline
