// Message Feedback: Twilio is told that a text's code was typed.
#include "common/secret.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"
#include "worker/domain/twilio_receipt.hpp"

namespace sendcode::senders {
namespace {

using kind = ports::feedback_reply::kind;

// What may be otherwise the next time. Feedback that was taken and is told again changes nothing.
bool is_passing(unsigned status) {
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

}  // namespace

awaitable<ports::feedback_reply> twilio_sender::confirm(const domain::environment_settings& from,
                                                        std::string_view message_id, ports::steady_time deadline) {
  ports::feedback_reply out;
  if (!from.sms.twilio || !domain::is_message_sid(message_id)) {
    out.is = kind::refused;
    co_return out;
  }
  if (!from.missing_secret().empty()) co_return out;
  auto request = make_request(*from.sms.twilio, "POST");
  const wiped_at_end wiped(request.headers.front().second);
  constexpr std::string_view end = ".json";
  request.target.resize(request.target.size() - end.size());
  request.target.append("/").append(message_id).append("/Feedback.json");
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = "Outcome=confirmed";
  const auto answer = co_await client_.exchange(request, deadline);
  if (!answer) co_return out;
  out.http_status = answer->status;
  if (answer->status >= 200 && answer->status < 300) {
    out.is = kind::taken;
  } else if (!is_passing(answer->status)) {
    out.is = kind::refused;
  }
  co_return out;
}

}  // namespace sendcode::senders
