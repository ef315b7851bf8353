#include "worker/adapters/http_server/responses.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace sendcode::http_server {
namespace {

constexpr const char* retry_after_s = "1";

}  // namespace

response plain_text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body), .headers = {}};
}

response json_text(std::string body) {
  return {.status = 200, .content_type = "application/json", .body = std::move(body), .headers = {}};
}

response no_content() {
  return {.status = 204, .content_type = {}, .body = {}, .headers = {}};
}

response problem(unsigned status, std::string_view title, std::string_view detail) {
  nlohmann::json body = {{"title", title}, {"status", status}};
  if (!detail.empty()) body["detail"] = detail;
  response out{.status = status, .content_type = "application/problem+json", .body = body.dump(), .headers = {}};
  if (status == 429 || status == 503) out.headers.emplace_back("Retry-After", retry_after_s);
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

response bad_request(std::string_view detail) {
  return problem(400, "Bad request", detail);
}

response method_not_allowed(std::string_view allowed) {
  response out = problem(405, "Method not allowed");
  out.headers.emplace_back("Allow", allowed);
  return out;
}

}  // namespace sendcode::http_server
