#include "worker/adapters/http_server/internal_api.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "worker/adapters/http_server/desk_requests.hpp"
#include "worker/adapters/http_server/guess_request.hpp"
#include "worker/adapters/http_server/request_fields.hpp"
#include "worker/adapters/http_server/responses.hpp"

namespace sendcode::http_server {
namespace {

constexpr std::string_view challenges = "/v1/challenges/";
constexpr std::string_view check_suffix = "/check";
constexpr std::string_view phones_unlock = "/v1/phones/unlock";
constexpr std::string_view bearer = "Bearer ";

response answer_of(const ports::check_answer& answer) {
  nlohmann::json body;
  if (const auto* approved = std::get_if<ports::code_approved>(&answer)) {
    body = {{"status", "approved"}, {"device_token", approved->device_token}};
    if (approved->test) body["test"] = true;
  } else if (const auto* incorrect = std::get_if<ports::code_incorrect>(&answer)) {
    body = {{"status", "incorrect"}, {"attempts_left", incorrect->attempts_left}};
  } else if (std::holds_alternative<ports::code_has_expired>(answer)) {
    body = {{"status", "expired"}};
  } else if (std::holds_alternative<ports::code_locked_out>(answer)) {
    body = {{"status", "locked_out"}};
  } else {
    body = {{"status", "not_found"}};
  }
  return json_text(body.dump());
}

response out_of_scope() {
  return problem(403, "Forbidden", "out of the token's scope");
}

response no_such_challenge() {
  return problem(404, "Not found", "no such challenge of this environment, application and purpose");
}

response unavailable() {
  return problem(503, "Unavailable", "ask again");
}

// What follows /v1/challenges/: an id, and perhaps /check. Nothing: another path.
struct challenge_path {
  std::string id;
  bool to_check = false;
};
std::optional<challenge_path> read_challenge_path(std::string_view path) {
  if (!path.starts_with(challenges)) return std::nullopt;
  path.remove_prefix(challenges.size());
  const bool to_check = path.ends_with(check_suffix);
  if (to_check) path.remove_suffix(check_suffix.size());
  if (path.empty() || path.find('/') != std::string_view::npos) return std::nullopt;
  return challenge_path{std::string(path), to_check};
}

}  // namespace

void internal_api::use_tokens(api_tokens tokens) {
  tokens_ = std::make_shared<const api_tokens>(std::move(tokens));
  std::erase_if(budgets_, [&](const auto& each) { return !tokens_->knows(each.first); });
}

bool internal_api::within_rate(const std::string& token) {
  constexpr double full = requests_per_token_and_second;
  const auto now = with_.clock->steady_now();
  auto [at, fresh] = budgets_.try_emplace(token);
  budget& own = at->second;
  if (!fresh) {
    const std::chrono::duration<double> since = now - own.filled_at;
    own.left = std::min(full, own.left + since.count() * full);
  }
  own.filled_at = now;
  if (own.left < 1) return false;
  own.left -= 1;
  return true;
}

awaitable<response> internal_api::handle(request& asked) {
  const bool get = asked.method == "GET";
  if (asked.path == "/livez") {
    if (!get) co_return method_not_allowed("GET");
    co_return with_.alive() ? plain_text(200, "ok\n") : plain_text(503, "a thread is stuck\n");
  }
  if (asked.path == "/readyz") {
    if (!get) co_return method_not_allowed("GET");
    co_return with_.ready() ? plain_text(200, "ok\n") : plain_text(503, "not ready\n");
  }
  if (asked.path == "/metrics") {
    if (!get) co_return method_not_allowed("GET");
    response out = plain_text(200, with_.metrics());
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    co_return out;
  }
  if (asked.path == phones_unlock) {
    if (asked.method != "POST") co_return method_not_allowed("POST");
    co_return co_await unlock(asked);
  }
  auto path = read_challenge_path(asked.path);
  if (!path) co_return problem(404, "Not found");
  if (!path->to_check) co_return co_await challenge(std::move(path->id), asked);
  if (asked.method != "POST") co_return method_not_allowed("POST");
  co_return co_await check(std::move(path->id), asked);
}

std::expected<internal_api::token_ptr, response> internal_api::authorize(const request& asked, scope what) {
  const auto authorization = asked.header("authorization");
  const api_token* token = authorization.starts_with(bearer)
                               ? tokens_->find(authorization.substr(bearer.size()), with_.clock->now())
                               : nullptr;
  if (token == nullptr) {
    return std::unexpected(problem(401, "Unauthorized", "the token is missing, wrong or expired"));
  }
  if (!within_rate(token->id)) {
    return std::unexpected(problem(429, "Too many requests", "500 a second with one token"));
  }
  if (!token->may(what)) return std::unexpected(out_of_scope());
  return token_ptr(tokens_, token);
}

awaitable<response> internal_api::challenge(std::string id, request& asked) {
  if (asked.method == "GET") co_return co_await look(std::move(id), asked);
  if (asked.method == "DELETE") co_return co_await cancel(std::move(id), asked);
  co_return method_not_allowed("GET, DELETE");
}

awaitable<response> internal_api::check(std::string challenge_id, request& asked) {
  const auto token = authorize(asked, scope::check);
  if (!token) co_return token.error();
  if (const auto wrong = challenge_id_problem(challenge_id)) co_return bad_request(*wrong);
  auto key = read_idempotency_key(asked);
  if (!key) co_return bad_request(key.error());
  auto guess = read_guess(asked.body);
  if (!guess) co_return bad_request(guess.error());
  if (!(*token)->may_touch(guess->environment_id, guess->application_id)) co_return out_of_scope();
  guess->challenge_id = std::move(challenge_id);
  if (!key->empty()) guess->again = ports::idempotency{(*token)->id, std::move(*key), sha256(asked.body)};
  const auto answer = co_await with_.checker->check(std::move(*guess));
  if (!answer) {
    co_return problem(503, "Unavailable",
                      "the guess may or may not have counted: ask again, with the same Idempotency-Key");
  }
  if (std::holds_alternative<ports::key_reused>(*answer)) {
    co_return problem(422, "Unprocessable", "the Idempotency-Key was used with another body");
  }
  co_return answer_of(*answer);
}

awaitable<response> internal_api::look(std::string challenge_id, request& asked) {
  const auto token = authorize(asked, scope::status);
  if (!token) co_return token.error();
  auto reference = read_reference(challenge_id, asked.query);
  if (!reference) co_return bad_request(reference.error());
  if (!(*token)->may_touch(reference->environment_id, reference->application_id)) co_return out_of_scope();
  const auto view = co_await with_.desk->look(std::move(*reference));
  if (!view) co_return unavailable();
  if (!*view) co_return no_such_challenge();
  co_return json_text(to_json(**view));
}

awaitable<response> internal_api::cancel(std::string challenge_id, request& asked) {
  const auto token = authorize(asked, scope::cancel);
  if (!token) co_return token.error();
  auto reference = read_reference(challenge_id, asked.query);
  if (!reference) co_return bad_request(reference.error());
  if (!(*token)->may_touch(reference->environment_id, reference->application_id)) co_return out_of_scope();
  const auto cancelled = co_await with_.desk->cancel(std::move(*reference));
  if (!cancelled) co_return unavailable();
  co_return *cancelled ? no_content() : no_such_challenge();
}

awaitable<response> internal_api::unlock(request& asked) {
  const auto token = authorize(asked, scope::unlock);
  if (!token) co_return token.error();
  auto body = read_unlock(asked.body);
  if (!body) co_return bad_request(body.error());
  if (!(*token)->may_touch(body->environment_id)) co_return out_of_scope();
  const auto answer = co_await with_.desk->unlock(std::move(*body));
  if (!answer) co_return unavailable();
  switch (*answer) {
    case ports::unlock_answer::unlocked:
      co_return no_content();
    case ports::unlock_answer::unknown_environment:
      co_return problem(404, "Not found", "no such environment");
    case ports::unlock_answer::not_a_number:
      break;
  }
  co_return bad_request("phone_number is no phone number");
}

}  // namespace sendcode::http_server
