#include "worker/adapters/http_server/desk_requests.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "worker/adapters/http_server/request_fields.hpp"

namespace sendcode::http_server {
namespace {

using ports::challenge_state;

std::string_view to_text(challenge_state state) {
  switch (state) {
    case challenge_state::pending:
      return "pending";
    case challenge_state::approved:
      return "approved";
    case challenge_state::cancelled:
      return "cancelled";
    case challenge_state::expired:
      return "expired";
    case challenge_state::locked_out:
      break;
  }
  return "locked_out";
}

}  // namespace

std::expected<ports::challenge_reference, std::string> read_reference(std::string_view challenge_id,
                                                                      std::string_view query) {
  ports::challenge_reference out;
  out.challenge_id = challenge_id;
  std::string purpose;
  const std::array<text_field, 3> fields{
      {{"environment_id", &out.environment_id}, {"application_id", &out.application_id}, {"purpose", &purpose}}};
  if (auto read = read_query_fields(query, fields); !read) return std::unexpected(std::move(read.error()));
  if (auto wrong = challenge_id_problem(challenge_id)) return std::unexpected(std::move(*wrong));
  if (auto wrong = identifier_problem("environment_id", out.environment_id)) return std::unexpected(std::move(*wrong));
  if (auto wrong = identifier_problem("application_id", out.application_id)) return std::unexpected(std::move(*wrong));
  if (auto wrong = purpose_problem(purpose)) return std::unexpected(std::move(*wrong));
  out.purpose = to_purpose(purpose);
  return out;
}

std::expected<ports::unlock_request, std::string> read_unlock(std::string_view body) {
  ports::unlock_request out;
  bool has_country = false;
  const std::array<text_field, 3> fields{{{"environment_id", &out.environment_id},
                                          {"phone_number", &out.phone_number},
                                          {"country", &out.country, &has_country}}};
  if (auto read = read_json_fields(body, fields); !read) return std::unexpected(std::move(read.error()));
  if (auto wrong = identifier_problem("environment_id", out.environment_id)) return std::unexpected(std::move(*wrong));
  if (auto wrong = phone_number_problem(out.phone_number)) return std::unexpected(std::move(*wrong));
  if (auto wrong = country_problem(out.country); wrong && has_country) return std::unexpected(std::move(*wrong));
  return out;
}

std::string to_json(const ports::challenge_view& view) {
  nlohmann::json body = {{"state", to_text(view.state)}};
  const bool ended = view.state == challenge_state::approved || view.state == challenge_state::cancelled;
  if (ended) return body.dump();
  if (view.reason != domain::reason::none) {
    domain::outcome refused;
    refused.reason = view.reason;
    refused.limited_by = view.limited_by;
    body["reason"] = domain::reason_text(refused);
  }
  body["attempts_left"] = view.attempts_left;
  body["expires_at"] = to_rfc3339(view.expires_at);
  if (view.state != challenge_state::locked_out) body["next_send_at"] = to_rfc3339(view.next_send_at);
  return body.dump();
}

}  // namespace sendcode::http_server
