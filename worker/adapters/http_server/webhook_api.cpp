#include "worker/adapters/http_server/webhook_api.hpp"

#include <algorithm>

#include "worker/domain/receipt_ref.hpp"

namespace sendcode::http_server {
namespace {

// No body, whatever it is: nothing to tell one refusal from another.
response empty(unsigned status) {
  return {.status = status, .content_type = {}, .body = {}, .headers = {}};
}

bool is_form(std::string_view content_type) {
  constexpr std::string_view form = "application/x-www-form-urlencoded";
  auto media_type = content_type.substr(0, content_type.find(';'));
  while (media_type.ends_with(' ')) media_type.remove_suffix(1);
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
  return std::ranges::equal(media_type, form, same);
}

unsigned status_of(ports::receipt_answer answer) {
  switch (answer) {
    case ports::receipt_answer::done:
      return 204;
    case ports::receipt_answer::refused:
      return 403;
    case ports::receipt_answer::too_large:
      return 413;
    case ports::receipt_answer::later:
      break;
  }
  return 503;
}

}  // namespace

awaitable<response> webhook_api::handle(request& asked) {
  std::string_view path = asked.path;
  if (!path.starts_with(domain::webhook_path) && path.starts_with(public_path_))
    path.remove_prefix(public_path_.size());
  if (!path.starts_with(domain::webhook_path)) co_return empty(404);
  if (asked.method != "POST") {
    response out = empty(405);
    out.headers.emplace_back("Allow", "POST");
    co_return out;
  }
  std::string target(path);
  if (!asked.query.empty()) target.append("?").append(asked.query);
  const ports::receipt_post post{.environment_id = path.substr(domain::webhook_path.size()),
                                 .target = target,
                                 .query = asked.query,
                                 .signature = asked.header("x-twilio-signature"),
                                 .form = is_form(asked.header("content-type")) ? std::string_view(asked.body) : ""};
  const auto answer = co_await taker_.take(post);
  co_return empty(status_of(answer));
}

}  // namespace sendcode::http_server
