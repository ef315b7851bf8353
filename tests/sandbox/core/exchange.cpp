#include "tests/sandbox/core/exchange.hpp"

#include <algorithm>

namespace sendcode::sandbox {

namespace {

// Letters and digits: what stands in a path stands unescaped in answers.
bool is_account_like(std::string_view sid) noexcept {
  return !sid.empty() && sid.size() <= 64 && std::all_of(sid.begin(), sid.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

route find_route(std::string_view method, std::string_view request_target) {
  constexpr std::string_view accounts = "/2010-04-01/Accounts/";
  constexpr std::string_view messages = "/Messages.json";
  constexpr std::string_view one_message = "/Messages/";
  constexpr std::string_view feedback = "/Feedback.json";
  constexpr std::string_view account_end = ".json";

  route out;
  const auto mark = request_target.find('?');
  out.path = request_target.substr(0, mark);
  if (mark != std::string_view::npos) out.query = request_target.substr(mark + 1);

  if (out.path.starts_with(accounts)) {
    const auto rest = out.path.substr(accounts.size());
    if (rest.ends_with(messages)) {
      out.account = rest.substr(0, rest.size() - messages.size());
      if (method == "POST") out.to = target::twilio;
      if (method == "GET") out.to = target::twilio_list;
    } else if (const auto at = rest.find(one_message); at != std::string_view::npos && rest.ends_with(feedback)) {
      out.account = rest.substr(0, at);
      out.message = rest.substr(at + one_message.size());
      out.message.remove_suffix(std::min(out.message.size(), feedback.size()));
      if (method == "POST" && is_account_like(out.message)) out.to = target::twilio_feedback;
    } else if (rest.ends_with(account_end) && method == "GET") {
      out.account = rest.substr(0, rest.size() - account_end.size());
      out.to = target::twilio_account;
    }
    if (!is_account_like(out.account)) out.to = target::nothing;
  } else if (out.path == "/v1/messages") {
    if (method == "POST") out.to = target::kinde;
  } else if (out.path == "/oauth2/token") {
    if (method == "POST") out.to = target::token;
  } else if (out.path.starts_with("/sandbox/")) {
    out.to = target::control;
  }
  return out;
}

}  // namespace sendcode::sandbox
