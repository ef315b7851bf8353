#include "tests/sandbox/core/kinde.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/sandbox/core/fault_replies.hpp"
#include "tests/sandbox/core/text_forms.hpp"

namespace sendcode::sandbox {
namespace {

using json = nlohmann::json;

constexpr std::size_t idempotency_key_max = 255;

reply refusal(int status, std::string_view code, std::string_view message) {
  reply out;
  out.status = status;
  out.body = json{{"errors", {{{"code", code}, {"message", message}}}}}.dump();
  if (status == 401) out.headers = "WWW-Authenticate: Bearer\r\n";
  return out;
}

}  // namespace

reply kinde::issue_token(const request& in) {
  const auto strike = faults_.strikes_request(target::token, "", "");
  reply out;
  if (!strike.hit || strike.hit->takes()) out = grant(in);
  if (strike.hit) apply_fault(*strike.hit, out, texts_);
  out.delay += strike.latency;
  return out;
}

reply kinde::grant(const request& in) {
  const auto parameters = form::parse(in.body);
  if (!parameters) return refusal(400, "INVALID_REQUEST", "The body must be a form");
  if (parameters->get("grant_type") != "client_credentials") {
    return refusal(400, "UNSUPPORTED_GRANT_TYPE", "grant_type must be client_credentials");
  }
  if (parameters->get("audience").empty()) return refusal(400, "INVALID_REQUEST", "audience is required");
  const auto id = parameters->get("client_id");
  const auto secret = parameters->get("client_secret");
  const bool known = clients_.empty() ? !id.empty() && !secret.empty()
                                      : std::any_of(clients_.begin(), clients_.end(), [&](const oauth_client& one) {
                                          return one.id == id && one.secret == secret;
                                        });
  if (!known) return refusal(401, "INVALID_CLIENT", "Client authentication failed");

  auto token = ids_.next("kat_");
  if (tokens_.size() == tokens_max) {
    token_ends_.erase(tokens_.front());
    tokens_.pop_front();
  }
  tokens_.push_back(token);
  token_ends_[token] = in.now + token_life;
  reply out;
  out.headers = "Cache-Control: no-store\r\n";
  out.body = fmt::format(R"({{"access_token":"{}","token_type":"bearer","expires_in":{}}})", token, token_life.count());
  return out;
}

std::size_t kinde::revoke_tokens() {
  const auto revoked = tokens_.size();
  tokens_.clear();
  token_ends_.clear();
  return revoked;
}

void kinde::forget() {
  taken_.clear();
  keys_.clear();
  replayed_ = 0;
}

bool kinde::bears_token(std::string_view authorization, timestamp now) const {
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization.starts_with(scheme)) return false;
  const auto known = token_ends_.find(std::string(authorization.substr(scheme.size())));
  return known != token_ends_.end() && now < known->second;
}

bool kinde::read_message(std::string_view body, message& out) {
  const auto object = json::parse(body, nullptr, false);
  if (!object.is_object()) return false;
  const auto read = [&](const char* name, std::string& into) {
    const auto member = object.find(name);
    if (member == object.end() || !member->is_string()) return false;
    into = member->get<std::string>();
    return !into.empty();
  };
  std::string expires_at;
  return read("to", out.to) && read("body", out.body) && read("environment_id", out.environment_id) &&
         read("expires_at", expires_at) && is_e164(out.to) && characters(out.body) <= body_characters_max &&
         from_rfc3339(expires_at).has_value();
}

reply kinde::send(const request& in) {
  message asked;
  const bool understood = read_message(in.body, asked);
  const auto strike = faults_.strikes_request(target::kinde, asked.to, asked.environment_id);
  reply out;
  if (!strike.hit || strike.hit->takes()) out = take(in, understood ? &asked : nullptr);
  if (strike.hit) apply_fault(*strike.hit, out, texts_);
  out.delay += strike.latency;
  return out;
}

reply kinde::take(const request& in, const message* asked) {
  if (!bears_token(in.authorization, in.now)) return refusal(401, "INVALID_TOKEN", "The token is unknown or expired");
  if (asked == nullptr) {
    return refusal(
        400, "INVALID_REQUEST",
        "The message needs to (E.164), body (at most 160 characters), environment_id and expires_at (RFC 3339)");
  }
  std::string key(in.idempotency_key);
  if (key.empty() || key.size() > idempotency_key_max) {
    return refusal(400, "IDEMPOTENCY_KEY_REQUIRED", "Idempotency-Key must have 1 to 255 characters");
  }

  reply out;
  out.status = 202;
  const auto body = sha256(in.body);
  if (const auto known = taken_.find(key); known != taken_.end()) {
    if (known->second.body != body) {
      return refusal(422, "IDEMPOTENCY_KEY_REUSED", "The key was used with another body");
    }
    ++replayed_;
    out.body = fmt::format(R"({{"message_id":"{}"}})", known->second.message_id);
    return out;
  }

  text one;
  one.by = sender::kinde;
  one.sid = ids_.next("msg_");
  one.to = asked->to;
  one.body = asked->body;
  one.account = asked->environment_id;
  one.idempotency_key = key;
  one.status = "accepted";
  one.at = in.now;
  one.at_us = in.now_us;
  out.body = fmt::format(R"({{"message_id":"{}"}})", one.sid);
  if (keys_.size() == keys_max) {
    taken_.erase(keys_.front());
    keys_.pop_front();
  }
  taken_[key] = {body, one.sid};
  keys_.push_back(std::move(key));
  out.text = texts_.add(std::move(one));
  return out;
}

}  // namespace sendcode::sandbox
