// What `sendcode doctor` asks of Twilio.
#include "common/json_cursor.hpp"
#include "common/secret.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"

namespace sendcode::senders {
namespace {

constexpr std::string_view of_messages = "/Messages.json";

std::string read_status(std::string_view body) {
  std::string_view status;
  json_cursor in(body);
  const bool whole = in.object([&](std::string_view name) {
    if (name == "status") return in.plain_text(status);
    return in.skip();
  });
  return whole ? std::string(status) : std::string();
}

}  // namespace

awaitable<std::expected<account_answer, std::string>> twilio_sender::ask_account(const domain::twilio_settings& account,
                                                                                 ports::steady_time deadline) {
  auto by_token = account;
  by_token.api_key_sid.clear();
  auto request = make_request(by_token, "GET");
  const wiped_at_end wiped(request.headers.front().second);
  request.target.replace(request.target.size() - of_messages.size(), of_messages.size(), ".json");
  auto answer = co_await client_.exchange(request, deadline);
  if (!answer) co_return std::unexpected(answer.error().what);
  const wiped_at_end wiped_answer(answer->body);  // repeats the auth token
  account_answer out{.http_status = answer->status, .status = {}};
  if (answer->status == 200 && answer->complete) out.status = read_status(answer->body);
  co_return out;
}

awaitable<std::expected<unsigned, std::string>> twilio_sender::try_credentials(const domain::twilio_settings& account,
                                                                               ports::steady_time deadline) {
  auto request = make_request(account, "GET");
  const wiped_at_end wiped(request.headers.front().second);
  request.target += "?PageSize=1";
  auto answer = co_await client_.exchange(request, deadline);
  if (!answer) co_return std::unexpected(answer.error().what);
  const wiped_at_end wiped_answer(answer->body);
  co_return answer->status;
}

}  // namespace sendcode::senders
