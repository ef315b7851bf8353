#include "worker/adapters/http_server/internal_api.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "worker/adapters/http_server/guess_request.hpp"

namespace sendcode::http_server {
namespace {

constexpr std::string_view challenges = "/v1/challenges/";
constexpr std::string_view check_suffix = "/check";
constexpr std::string_view bearer = "Bearer ";
constexpr const char* retry_after_s = "1";

response plain_text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body), .headers = {}};
}

// RFC 9457. `detail` is in our own words.
response problem(unsigned status, std::string_view title, std::string_view detail = {}) {
  nlohmann::json body = {{"title", title}, {"status", status}};
  if (!detail.empty()) body["detail"] = detail;
  response out{.status = status, .content_type = "application/problem+json", .body = body.dump(), .headers = {}};
  if (status == 429 || status == 503) out.headers.emplace_back("Retry-After", retry_after_s);
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

response method_not_allowed(std::string_view allowed) {
  response out = problem(405, "Method not allowed");
  out.headers.emplace_back("Allow", allowed);
  return out;
}

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
  return {.status = 200, .content_type = "application/json", .body = body.dump(), .headers = {}};
}

// The id in /v1/challenges/{id}/check; null: another path.
std::optional<std::string_view> checked_challenge(std::string_view path) {
  if (!path.starts_with(challenges) || !path.ends_with(check_suffix)) return std::nullopt;
  if (path.size() < challenges.size() + check_suffix.size()) return std::nullopt;
  path.remove_prefix(challenges.size());
  path.remove_suffix(check_suffix.size());
  if (path.find('/') != std::string_view::npos) return std::nullopt;
  return path;
}

}  // namespace

void internal_api::use_tokens(api_tokens tokens) {
  tokens_ = std::make_shared<const api_tokens>(std::move(tokens));
  std::erase_if(budgets_, [&](const auto& each) { return !tokens_->knows(each.first); });
}

bool internal_api::within_rate(const std::string& token_id) {
  constexpr double full = requests_per_token_and_second;
  const auto now = with_.clock->steady_now();
  auto [at, fresh] = budgets_.try_emplace(token_id);
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
  const auto challenge = checked_challenge(asked.path);
  if (!challenge) co_return problem(404, "Not found");
  if (asked.method != "POST") co_return method_not_allowed("POST");
  std::string challenge_id(*challenge);
  co_return co_await check(std::move(challenge_id), asked);
}

awaitable<response> internal_api::check(std::string challenge_id, request& asked) {
  const auto authorization = asked.header("authorization");
  const auto tokens = tokens_;  // stays while the request is answered, though others take its place
  const api_token* token = authorization.starts_with(bearer)
                               ? tokens->find(authorization.substr(bearer.size()), with_.clock->now())
                               : nullptr;
  if (token == nullptr) co_return problem(401, "Unauthorized", "the token is missing, wrong or expired");
  if (!within_rate(token->id)) co_return problem(429, "Too many requests", "500 a second with one token");
  if (!token->may(scope::check)) co_return problem(403, "Forbidden", "out of the token's scope");
  if (!is_challenge_id(challenge_id)) {
    co_return problem(400, "Bad request", "challenge_id must be 22 to 128 of A-Z, a-z, 0-9, _ and -");
  }
  auto guess = read_guess(asked.body);
  if (!guess) co_return problem(400, "Bad request", guess.error());
  if (!token->may_touch(guess->environment_id, guess->application_id)) {
    co_return problem(403, "Forbidden", "out of the token's scope");
  }
  guess->challenge_id = std::move(challenge_id);
  const auto answer = co_await with_.checker->check(std::move(*guess));
  if (!answer) co_return problem(503, "Unavailable", "the guess may or may not have counted: ask again");
  co_return answer_of(*answer);
}

}  // namespace sendcode::http_server
