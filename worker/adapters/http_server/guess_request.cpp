#include "worker/adapters/http_server/guess_request.hpp"

#include <algorithm>
#include <array>

#include "worker/adapters/http_server/request_fields.hpp"

namespace sendcode::http_server {
namespace {

constexpr std::size_t code_size = 6;
constexpr std::size_t user_characters_max = 128;

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::expected<ports::guess, std::string> read_guess(std::string_view body) {
  ports::guess out;
  std::string purpose;
  std::string code;
  const wiped_at_end wiped(code);
  bool has_country = false;
  const std::array<text_field, 7> fields{{{"environment_id", &out.environment_id},
                                          {"application_id", &out.application_id},
                                          {"purpose", &purpose},
                                          {"phone_number", &out.phone_number},
                                          {"country", &out.country, &has_country},
                                          {"user_id", &out.user_id},
                                          {"code", &code}}};
  if (auto read = read_json_fields(body, fields); !read) return std::unexpected(std::move(read.error()));
  if (auto wrong = identifier_problem("environment_id", out.environment_id)) return std::unexpected(std::move(*wrong));
  if (auto wrong = identifier_problem("application_id", out.application_id)) return std::unexpected(std::move(*wrong));
  if (auto wrong = purpose_problem(purpose)) return std::unexpected(std::move(*wrong));
  out.purpose = to_purpose(purpose);
  if (auto wrong = phone_number_problem(out.phone_number)) return std::unexpected(std::move(*wrong));
  if (auto wrong = country_problem(out.country); wrong && has_country) return std::unexpected(std::move(*wrong));
  if (out.user_id.empty() ? out.purpose == domain::purpose::mfa : !is_of_length(out.user_id, user_characters_max)) {
    return std::unexpected("user_id must be 1 to 128 characters; mfa needs it");
  }
  if (code.size() != code_size || code.find_first_not_of("0123456789") != std::string::npos) {
    return std::unexpected("code must be six digits");
  }
  out.code = secret(code);
  return out;
}

std::expected<std::string, std::string> read_idempotency_key(const request& asked) {
  std::string out;
  int count = 0;
  for (const auto& [name, value] : asked.headers) {
    if (name != "idempotency-key") continue;
    out = value;
    ++count;
  }
  if (count == 0) return out;
  if (count > 1 || out.empty() || out.size() > idempotency_key_bytes_max || !is_visible(out)) {
    return std::unexpected("Idempotency-Key must be there once, 1 to 256 visible ASCII characters without a space");
  }
  return out;
}

}  // namespace sendcode::http_server
