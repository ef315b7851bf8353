#include "worker/pipeline/checker.hpp"

#include <algorithm>

#include "common/crypto.hpp"
#include "common/logging.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/device_token.hpp"
#include "worker/pipeline/status_record.hpp"
#include "worker/pipeline/store_retry.hpp"

namespace sendcode::pipeline {
namespace {

using ports::given_answer;
using kind = given_answer::kind;

constexpr auto check_is_out = std::unexpected(ports::check_outage{});

std::string_view status_word(const ports::check_answer& answer) {
  if (std::holds_alternative<ports::code_approved>(answer)) return "approved";
  if (std::holds_alternative<ports::code_incorrect>(answer)) return "incorrect";
  if (std::holds_alternative<ports::code_has_expired>(answer)) return "expired";
  if (std::holds_alternative<ports::code_locked_out>(answer)) return "locked_out";
  return "not_found";
}

given_answer answer_of(kind is) {
  given_answer out;
  out.is = is;
  return out;
}

const domain::test_number* find_test_number(const domain::environment_settings& environment, std::string_view phone) {
  const auto& numbers = environment.sms.test_numbers;
  const auto found = std::ranges::find(numbers, phone, &domain::test_number::phone_number);
  return found == numbers.end() ? nullptr : &*found;
}

std::vector<std::string> keys_held(const domain::key_ring& ring, timestamp now) {
  std::vector<std::string> out;
  for (const auto& key : ring.keys()) {
    if (ring.find(key.id, now) != nullptr) out.push_back(key.id);
  }
  return out;
}

}  // namespace

checker::checker(ports::code_store& store, ports::answer_store& answers, ports::event_stream& stream,
                 ports::clock& clock, ports::random_source& random, ports::telemetry& telemetry,
                 milliseconds dedupe_ttl, rules initial)
    : store_(store),
      answers_(answers),
      stream_(stream),
      clock_(clock),
      random_(random),
      telemetry_(telemetry),
      dedupe_ttl_(dedupe_ttl),
      rules_(std::move(initial)) {}

awaitable<std::expected<ports::check_answer, ports::check_outage>> checker::check(ports::guess made) {
  auto answer = co_await decide(made);
  if (answer && std::holds_alternative<ports::key_reused>(*answer)) co_return answer;  // nothing was checked
  telemetry_.check_answered(made.environment_id, answer ? status_word(*answer) : "unavailable");
  co_return answer;
}

awaitable<std::expected<ports::check_answer, ports::check_outage>> checker::decide(const ports::guess& made) {
  const rules in_force = rules_;
  // Neither an unknown environment nor an unreadable number tells more than a challenge that is not there.
  if (in_force.settings->is_unknown(made.environment_id)) co_return ports::code_not_found{};
  const auto* environment = in_force.settings->find(made.environment_id);
  if (environment == nullptr) co_return check_is_out;
  const auto& country = made.country.empty() ? environment->sms.default_country : made.country;
  const auto phone = domain::parse_phone_number(made.phone_number, country);
  if (!phone) co_return ports::code_not_found{};

  const matter of{made, in_force, *environment, *phone, clock_.now()};
  if (made.again) co_return co_await decide_once(of);
  ports::token token;
  random_.fill(token);
  const auto answer = co_await judge(of, token);
  if (!answer) co_return check_is_out;
  co_return to_check_answer(of, *answer);
}

awaitable<std::expected<ports::check_answer, ports::check_outage>> checker::decide_once(const matter& of) {
  const ports::answer_request request{of.made.environment_id, of.made.challenge_id, *of.made.again};
  const auto recall = [&] { return answers_.recall(request); };
  const auto known = co_await ask_twice(recall);
  if (!known) co_return check_is_out;
  if (std::holds_alternative<ports::other_body>(*known)) co_return ports::key_reused{};
  if (const auto* given = std::get_if<given_answer>(&*known)) co_return to_check_answer(of, *given);

  const auto answer = co_await judge(of, std::get<ports::unanswered>(*known).token);
  if (!answer) co_return check_is_out;
  const auto keep = [&] { return answers_.keep(request, *answer); };
  const auto kept = co_await ask_twice(keep);
  // Not kept: asked again, the same token gives the same answer, as long as the challenge stands as it does.
  const auto* first = kept ? std::get_if<given_answer>(&*kept) : nullptr;
  co_return to_check_answer(of, first != nullptr ? *first : *answer);
}

awaitable<checker::decision> checker::judge(const matter& of, const ports::token& token) {
  const auto* test = find_test_number(of.environment, of.phone.e164);
  // Before the guess is counted: there is nothing to compare it with.
  if (test != nullptr && test->code.value == nullptr) co_return check_is_out;

  ports::check_request request;
  request.token = token;
  request.environment_id = of.made.environment_id;
  request.challenge_id = of.made.challenge_id;
  request.application_id = of.made.application_id;
  request.purpose = of.made.purpose;
  request.phone = of.phone.e164;
  request.user_id = of.made.user_id;
  request.challenge_life = ports::record_life(of.environment.sms.code_ttl, dedupe_ttl_);
  request.keys_held = keys_held(*of.in_force.code_keys, of.now);
  const auto count = [&] { return store_.check(request); };
  const auto reply = co_await ask_twice(count);
  if (!reply) co_return check_is_out;
  if (std::holds_alternative<ports::not_found>(*reply)) co_return answer_of(kind::not_found);
  if (std::holds_alternative<ports::code_expired>(*reply)) co_return answer_of(kind::expired);
  if (std::holds_alternative<ports::locked_out>(*reply)) co_return answer_of(kind::locked_out);
  if (const auto* lacks = std::get_if<ports::key_not_held>(&*reply)) {
    log::error("the key of a code is not in the key ring any more: keep keys until their codes have expired",
               {{"key", lacks->key_id}});
    co_return check_is_out;
  }
  if (const auto* before = std::get_if<ports::already_approved>(&*reply)) co_return approve(of, before->guess);
  co_return co_await compare(of, request, std::get<ports::guess_counted>(*reply));
}

awaitable<checker::decision> checker::compare(const matter& of, const ports::check_request& asked,
                                              const ports::guess_counted& counted) {
  if (!memory_.admit(asked.environment_id, asked.challenge_id, asked.token)) {
    log::error("Redis has forgotten guesses that it had counted: the challenge is locked here",
               {{"environment", asked.environment_id}});
    co_return answer_of(kind::locked_out);
  }
  if (memory_.is_used_up(counted.nonce, asked.token)) {
    log::error("Redis has forgotten that a code was used: it is not taken again",
               {{"environment", asked.environment_id}});
    co_return answer_of(kind::not_found);
  }
  if (!is_right(of, counted)) {
    tell(of, counted, "incorrect");
    auto out = answer_of(kind::incorrect);
    out.attempts_left = ports::guesses_max - std::min(counted.number, ports::guesses_max);
    co_return out;
  }
  const ports::consume_request consume{asked, counted.nonce, of.phone.prefix()};
  const auto use_up = [&] { return store_.consume(consume); };
  const auto used = co_await ask_twice(use_up);
  if (!used) co_return check_is_out;
  if (std::holds_alternative<ports::not_found>(*used)) co_return answer_of(kind::not_found);
  memory_.use_up(counted.nonce, asked.token);
  co_return approve(of, counted);
}

given_answer checker::approve(const matter& of, const ports::guess_counted& counted) {
  tell(of, counted, "approved");
  if (!counted.test_number) pass_on_approval(of);
  auto out = answer_of(kind::approved);
  out.test = counted.test_number;
  out.approved_at = clock_.now();
  random_.fill(out.device_id);
  return out;
}

void checker::pass_on_approval(const matter& of) {
  telemetry_.code_approved(of.made.environment_id, of.phone.country);
  const auto& sms = of.environment.sms;
  if (feedback_ == nullptr || !sms.provide_feedback || !sms.twilio) return;
  ports::challenge_reference challenge{of.made.environment_id, of.made.challenge_id, of.made.application_id,
                                       of.made.purpose};
  feedback_->approved(of.in_force.settings, std::move(challenge));
}

bool checker::is_right(const matter& of, const ports::guess_counted& counted) {
  const auto& made = of.made;
  if (counted.test_number) {
    const auto* test = find_test_number(of.environment, of.phone.e164);
    return test != nullptr && equal_in_constant_time(made.code.expose(), test->code.value->expose());
  }
  const auto* key = of.in_force.code_keys->find(counted.key_id, of.now);
  if (key == nullptr) return false;  // the store counts nothing whose key we did not name
  const auto right = domain::derive_code(
      key->key->expose(),
      {made.environment_id, made.application_id, made.purpose, of.phone.e164, made.user_id, made.challenge_id},
      counted.nonce);
  return equal_in_constant_time(made.code.expose(), right.expose());
}

ports::check_answer checker::to_check_answer(const matter& of, const given_answer& answer) {
  switch (answer.is) {
    case kind::approved:
      return ports::code_approved{
          domain::make_device_token(of.in_force.device_token_key->expose(), of.made.environment_id, of.phone.e164,
                                    answer.device_id, answer.approved_at),
          answer.test};
    case kind::incorrect:
      return ports::code_incorrect{answer.attempts_left};
    case kind::expired:
      return ports::code_has_expired{};
    case kind::locked_out:
      return ports::code_locked_out{};
    case kind::not_found:
      break;
  }
  return ports::code_not_found{};
}

void checker::tell(const matter& of, const ports::guess_counted& counted, std::string_view status) {
  stream_.publish(to_record(codec::encode_check({.request_id = counted.first_request_id,
                                                 .environment_id = of.made.environment_id,
                                                 .application_id = of.made.application_id,
                                                 .challenge_id = of.made.challenge_id,
                                                 .purpose = of.made.purpose,
                                                 .phone = &of.phone,
                                                 .status = status,
                                                 .number = counted.number,
                                                 .now = clock_.now()})),
                  std::nullopt);
}

}  // namespace sendcode::pipeline
