#include "worker/adapters/http_server/api_tokens.hpp"

#include <algorithm>

#include "common/config/document.hpp"
#include "common/config/rules.hpp"

namespace sendcode::http_server {
namespace {

constexpr std::size_t entries_max = 1'000;
constexpr std::size_t names_max = 1'000;
constexpr std::size_t token_secret_size = 43;

constexpr std::string_view alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_token_id(std::string_view text) {
  return !text.empty() && text.size() <= 32 && consists_of(text, alphanumeric);
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && from_hex(text).has_value();
}

bool is_name_or_all(std::string_view text) {
  return text == "*" || config::identifier.accepts(text);
}

bool is_scope(std::string_view text) {
  return text == "check" || text == "status" || text == "cancel" || text == "unlock";
}

bool is_time(std::string_view text) {
  return from_rfc3339(text).has_value();
}

constexpr config::text_rule token_id{is_token_id, "1 to 32 letters and digits"};
constexpr config::text_rule sha256_hex{is_sha256_hex, "the token's SHA-256, 64 hex digits"};
constexpr config::text_rule name_or_all{is_name_or_all, "an id, or \"*\" for all"};
constexpr config::text_rule scope_name{is_scope, "check, status, cancel or unlock"};
constexpr config::text_rule point_in_time{is_time, "a time of RFC 3339, such as 2027-01-31T00:00:00Z"};

scope to_scope(std::string_view name) {
  if (name == "check") return scope::check;
  if (name == "status") return scope::status;
  return name == "cancel" ? scope::cancel : scope::unlock;
}

api_token read_entry(const config::cursor& at) {
  api_token out;
  if (!at.expect_map({"id", "sha256", "environments", "applications", "scopes", "not_after"})) return out;
  out.id = at.need("id").text(token_id).value_or("");
  const auto bytes = from_hex(at.need("sha256").text(sha256_hex).value_or(""));
  if (bytes && bytes->size() == out.sha256.size()) {
    std::ranges::transform(*bytes, out.sha256.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  }
  out.environments = at.need("environments").texts(1, names_max, name_or_all);
  out.applications = at.need("applications").texts(1, names_max, name_or_all);
  for (const auto& name : at.need("scopes").texts(1, 4, scope_name)) {
    out.scopes = static_cast<std::uint8_t>(out.scopes | static_cast<std::uint8_t>(to_scope(name)));
  }
  if (const auto end = at["not_after"].text(point_in_time)) out.not_after = from_rfc3339(*end);
  return out;
}

bool holds(const std::vector<std::string>& names, std::string_view name) noexcept {
  return std::ranges::any_of(names, [&](const std::string& each) { return each == "*" || each == name; });
}

}  // namespace

bool api_token::may_touch(std::string_view environment) const noexcept {
  return holds(environments, environment);
}

bool api_token::may_touch(std::string_view environment, std::string_view application) const noexcept {
  return may_touch(environment) && holds(applications, application);
}

std::expected<api_tokens, std::vector<config::problem>> api_tokens::parse(std::string_view text,
                                                                          std::string_view file) {
  const auto document = config::parse_yaml(text, file);
  if (!document) return std::unexpected(std::vector{document.error()});
  config::report report;
  report.file = file;
  api_tokens out;
  for (const auto& at : config::cursor(*document, report).list(0, entries_max, "tokens")) {
    out.entries_.push_back(read_entry(at));
  }
  if (!report.problems.empty()) return std::unexpected(std::move(report.problems));
  return out;
}

const api_token* api_tokens::find(std::string_view token, timestamp now) const {
  constexpr std::string_view start = "sct_";
  if (!token.starts_with(start)) return nullptr;
  const auto id = token.substr(start.size(), token.find('_', start.size()) - start.size());
  if (!is_token_id(id) || token.size() != start.size() + id.size() + 1 + token_secret_size) return nullptr;
  if (!consists_of(token.substr(start.size() + id.size() + 1), base64url)) return nullptr;
  const digest hash = sha256(token);
  const api_token* found = nullptr;
  for (const auto& entry : entries_) {
    const bool same = equal_in_constant_time(as_text(entry.sha256), as_text(hash));
    if (same && entry.id == id && (!entry.not_after || now < *entry.not_after)) found = &entry;
  }
  return found;
}

bool api_tokens::knows(std::string_view id) const noexcept {
  return std::ranges::find(entries_, id, &api_token::id) != entries_.end();
}

}  // namespace sendcode::http_server
