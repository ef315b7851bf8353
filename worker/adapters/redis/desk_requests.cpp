#include "worker/adapters/redis/requests.hpp"

// Beside the path of events and guesses: challenges looked after, phones unlocked, answers kept.
namespace sendcode::redis {
namespace {

// Whose an Idempotency-Key is, and where: a key of one token says nothing about another's.
length_prefixed whose(const ports::answer_request& request) {
  length_prefixed out;
  out.add(request.under.token_id).add(request.challenge_id).add(request.under.key);
  return out;
}

}  // namespace

// No application's id holds a slash.
short_hash request_writer::owner(std::string_view application_id, domain::purpose purpose) {
  std::string both(application_id);
  both.append("/").append(domain::to_text(purpose));
  return hashes_.plain(both);
}

void request_writer::state(redis_command& command, const ports::challenge_reference& of,
                           const std::optional<domain::request_id>& last) {
  const short_hash challenge = hashes_.plain(of.challenge_id);
  command.add(2);
  key_writer keys(command, of.environment_id);
  keys.challenge(challenge);
  if (last) {
    keys.event(*last);
  } else {
    keys.challenge(challenge);
  }
  command.add(owner(of.application_id, of.purpose)).add(last ? as_text(*last) : std::string_view{});
}

void request_writer::cancel(redis_command& command, const ports::challenge_reference& of, milliseconds life) {
  command.add(1);
  key_writer(command, of.environment_id).challenge(hashes_.plain(of.challenge_id));
  command.add(owner(of.application_id, of.purpose)).add(life.count());
}

void request_writer::unlock(redis_command& command, const std::string& environment_id, const std::string& phone) {
  command.add(1);
  key_writer(command, environment_id).phone(hashes_.hash("phone", environment_id, phone));
}

void request_writer::answer(redis_command& command, const ports::answer_request& request, std::string_view answer) {
  command.add(1);
  const short_hash key = hashes_.hash("idempotency", request.environment_id, whose(request).bytes());
  key_writer(command, request.environment_id).answer(key);
  command.add(hashes_.hash("body", request.environment_id, as_text(request.under.body))).add(answer);
  command.add(ports::answers_kept.count());
}

ports::token request_writer::guess_token(const ports::answer_request& request) {
  return hashes_.hash("guess", request.environment_id, whose(request).add(as_text(request.under.body)).bytes());
}

}  // namespace sendcode::redis
