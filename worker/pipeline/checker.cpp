#include "worker/pipeline/checker.hpp"

#include <algorithm>

#include "common/crypto.hpp"
#include "common/logging.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/device_token.hpp"
#include "worker/domain/phone_number.hpp"
#include "worker/pipeline/status_record.hpp"

namespace sendcode::pipeline {
namespace {

// A store that does not answer is asked this often in all: the token makes it count once. Then the page is told to come
// back.
constexpr int tries_most = 2;

template <typename Call>
auto ask_twice(const Call& call) -> decltype(call()) {
  for (int tries = 1;; ++tries) {
    auto answer = co_await call();
    if (answer || tries == tries_most) co_return answer;
  }
}

std::string_view status_word(const ports::check_answer& answer) {
  if (std::holds_alternative<ports::code_approved>(answer)) return "approved";
  if (std::holds_alternative<ports::code_incorrect>(answer)) return "incorrect";
  if (std::holds_alternative<ports::code_has_expired>(answer)) return "expired";
  if (std::holds_alternative<ports::code_locked_out>(answer)) return "locked_out";
  return "not_found";
}

}  // namespace

checker::checker(ports::code_store& store, ports::event_stream& stream, ports::clock& clock,
                 ports::random_source& random, ports::telemetry& telemetry, milliseconds dedupe_ttl, rules initial)
    : store_(store),
      stream_(stream),
      clock_(clock),
      random_(random),
      telemetry_(telemetry),
      dedupe_ttl_(dedupe_ttl),
      rules_(std::move(initial)) {}

awaitable<std::expected<ports::check_answer, ports::check_outage>> checker::check(ports::guess made) {
  const std::string environment = made.environment_id;
  auto answer = co_await decide(std::move(made));
  telemetry_.check_answered(environment, answer ? status_word(*answer) : "unavailable");
  co_return answer;
}

awaitable<std::expected<ports::check_answer, ports::check_outage>> checker::decide(ports::guess made) {
  // Neither an unknown environment nor an unreadable number tells more than a challenge that is not there.
  const auto* environment = rules_.settings->find(made.environment_id);
  if (environment == nullptr) {
    if (!rules_.settings->current || rules_.settings->is_broken(made.environment_id))
      co_return std::unexpected(ports::check_outage{});
    co_return ports::code_not_found{};
  }
  const auto phone = domain::parse_phone_number(made.phone_number, environment->sms.default_country);
  if (!phone) co_return ports::code_not_found{};

  const auto& numbers = environment->sms.test_numbers;
  const auto test = std::ranges::find(numbers, phone->e164, &domain::test_number::phone_number);
  // Before the guess is counted: there is nothing to compare it with.
  if (test != numbers.end() && test->code.value == nullptr) co_return std::unexpected(ports::check_outage{});

  ports::check_request request;
  random_.fill(request.token);
  request.environment_id = made.environment_id;
  request.challenge_id = made.challenge_id;
  request.application_id = made.application_id;
  request.purpose = made.purpose;
  request.phone = phone->e164;
  request.user_id = made.user_id;
  request.challenge_life = ports::record_life(environment->sms.code_ttl, dedupe_ttl_);
  const auto count = [&] { return store_.check(request); };
  const auto reply = co_await ask_twice(count);
  if (!reply) co_return std::unexpected(ports::check_outage{});
  if (std::holds_alternative<ports::not_found>(*reply)) co_return ports::code_not_found{};
  if (std::holds_alternative<ports::code_expired>(*reply)) co_return ports::code_has_expired{};
  if (std::holds_alternative<ports::locked_out>(*reply)) co_return ports::code_locked_out{};

  const auto& counted = std::get<ports::guess_counted>(*reply);
  const auto right = is_right(made, counted, *phone);
  if (!right) co_return std::unexpected(ports::check_outage{});
  if (!*right) {
    tell(made, counted, *phone, "incorrect");
    co_return ports::code_incorrect{ports::guesses_max - std::min(counted.number, ports::guesses_max)};
  }
  ports::consume_request consume;
  consume.checked = request;
  random_.fill(consume.checked.token);
  consume.nonce = counted.nonce;
  consume.prefix = phone->prefix();
  const auto use_up = [&] { return store_.consume(consume); };
  const auto used = co_await ask_twice(use_up);
  if (!used) co_return std::unexpected(ports::check_outage{});
  if (std::holds_alternative<ports::not_found>(*used)) co_return ports::code_not_found{};

  tell(made, counted, *phone, "approved");
  byte_array<16> id;
  random_.fill(id);
  co_return ports::code_approved{
      domain::make_device_token(rules_.device_token_key->expose(), made.environment_id, phone->e164, id, clock_.now()),
      counted.test_number};
}

std::optional<bool> checker::is_right(const ports::guess& made, const ports::guess_counted& counted,
                                      const domain::phone_number& phone) const {
  if (counted.test_number) {
    const auto* environment = rules_.settings->find(made.environment_id);
    if (environment == nullptr) return false;  // deleted since the guess was counted
    const auto& numbers = environment->sms.test_numbers;
    const auto number = std::ranges::find(numbers, phone.e164, &domain::test_number::phone_number);
    if (number == numbers.end()) return false;
    if (number->code.value == nullptr) return std::nullopt;
    return equal_in_constant_time(made.code.expose(), number->code.value->expose());
  }
  const auto* key = rules_.code_keys->find(counted.key_id, clock_.now());
  if (key == nullptr) {
    log::error("the key of a code is not in the key ring any more: keep keys until their codes have expired",
               {{"key", counted.key_id}});
    return std::nullopt;
  }
  const auto right = domain::derive_code(
      key->key->expose(),
      {made.environment_id, made.application_id, made.purpose, phone.e164, made.user_id, made.challenge_id},
      counted.nonce);
  return equal_in_constant_time(made.code.expose(), right.expose());
}

void checker::tell(const ports::guess& made, const ports::guess_counted& counted, const domain::phone_number& phone,
                   std::string_view status) {
  stream_.publish(to_record(codec::encode_check({.request_id = counted.first_request_id,
                                                 .environment_id = made.environment_id,
                                                 .application_id = made.application_id,
                                                 .challenge_id = made.challenge_id,
                                                 .purpose = made.purpose,
                                                 .phone = &phone,
                                                 .status = status,
                                                 .number = counted.number,
                                                 .now = clock_.now()})),
                  std::nullopt);
}

}  // namespace sendcode::pipeline
