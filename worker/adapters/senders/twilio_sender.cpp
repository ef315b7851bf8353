#include "worker/adapters/senders/twilio_sender.hpp"

#include <algorithm>

#include "common/bytes.hpp"
#include "common/secret.hpp"
#include "worker/adapters/senders/answers.hpp"
#include "worker/adapters/senders/twilio_host.hpp"
#include "worker/domain/receipt_ref.hpp"
#include "worker/domain/sender_answer.hpp"

namespace sendcode::senders {
namespace {

using domain::twilio_region;

constexpr std::int64_t validity_s_min = 5;  // Twilio advises against less
constexpr std::int64_t validity_s_max = 36'000;
constexpr std::string_view page_size = "50";

std::string host_of(twilio_region region) {
  switch (region) {
    case twilio_region::us1:
      break;
    case twilio_region::ie1:
      return "api.dublin.ie1.twilio.com";
    case twilio_region::au1:
      return "api.sydney.au1.twilio.com";
  }
  return std::string(twilio_public_host);
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += '&';
  out.append(name).append("=");
  append_form_encoded(out, value);
}

// Empty: none is asked for. The fragment is Twilio's alone: three tries more if ours answers 5xx, or connecting or
// reading takes too long.
std::string make_callback(const ports::text_order& order, std::string_view receipts_address) {
  if (order.receipt_ref.empty() || receipts_address.empty()) return {};
  std::string out(receipts_address);
  out.append(domain::webhook_path).append(order.environment->environment_id);
  out.append("?ref=").append(order.receipt_ref).append("#rc=3&rp=5xx,ct,rt");
  return out;
}

// Whole at once: a string that grew would leave a copy of the code behind.
std::string make_form(const ports::text_order& order, const domain::twilio_settings& account,
                      std::string_view receipts_address) {
  const std::string callback = make_callback(order, receipts_address);
  std::string form;
  form.reserve(3 * (order.to.size() + order.body.size() + callback.size()) + 256);
  append_parameter(form, "To", order.to);
  if (account.source == domain::sms_source::messaging_service) {
    append_parameter(form, "MessagingServiceSid", account.messaging_service_sid);
  } else {
    append_parameter(form, "From", account.phone_number);
  }
  append_parameter(form, "Body", order.body);
  const auto left_s = std::chrono::floor<seconds>(order.expires_at - order.now).count();
  append_parameter(form, "ValidityPeriod", std::to_string(std::clamp(left_s, validity_s_min, validity_s_max)));
  append_parameter(form, "Attempt", std::to_string(order.attempt_number));
  if (order.environment->sms.redact_body) append_parameter(form, "ContentRetention", "discard");
  if (order.environment->sms.provide_feedback) append_parameter(form, "ProvideFeedback", "true");
  if (!callback.empty()) append_parameter(form, "StatusCallback", callback);
  return form;
}

const domain::secret_ref& credential(const domain::twilio_settings& account) {
  return account.api_key_sid.empty() ? account.auth_tokens.front() : account.api_key_secret;
}

std::string basic_authorization(const domain::twilio_settings& account) {
  std::string user_and_password(account.api_key_sid.empty() ? account.account_sid : account.api_key_sid);
  const auto password = credential(account).value->expose();
  user_and_password.reserve(user_and_password.size() + 1 + password.size());
  user_and_password.append(":").append(password);
  const wiped_at_end wiped(user_and_password);
  std::string encoded = to_base64(user_and_password);
  const wiped_at_end wiped_too(encoded);
  return "Basic " + encoded;
}

void fill_twilio_reply(ports::sender_reply& reply, const ports::https_response& answer, timestamp now) {
  domain::exchange_result result{.http_status = answer.status};
  const auto body = read_twilio_answer(answer.body);
  // An error without a body is whole all the same: its status is all it has to say.
  result.well_formed = answer.complete && (body.has_value() || answer.body.empty());
  if (body && answer.complete) {
    result.error_code = body->error_code;
    reply.message_id = body->sid;
    reply.segments = static_cast<std::uint8_t>(std::min(body->segments, 255U));
  }
  reply.attempt.http_status = static_cast<std::uint16_t>(answer.status);
  reply.attempt.error_code = result.error_code;
  reply.attempt.outcome = domain::classify(domain::sender_kind::twilio, result);
  reply.retry_after = read_retry_after(answer.retry_after, now);
}

bool from_our_source(const listed_message& message, const domain::twilio_settings& account) {
  return account.source == domain::sms_source::messaging_service
             ? message.messaging_service_sid == account.messaging_service_sid
             : message.from == account.phone_number;
}

// Neither left Twilio: sending again repeats nothing.
bool never_left(const listed_message& message) {
  return message.status == "failed" || message.status == "canceled";
}

}  // namespace

twilio_sender::twilio_sender(ports::https_client& client, ports::clock& clock, const twilio_sender_config& config,
                             std::function<void(bool up)> on_up)
    : client_(client),
      clock_(clock),
      path_(config.base_url.path),
      receipts_address_(config.receipts_address),
      reachability_("twilio", std::move(on_up)) {
  for (const auto region : {twilio_region::us1, twilio_region::ie1, twilio_region::au1}) {
    ports::origin& origin = origins_.at(static_cast<std::size_t>(region));
    origin.tls = config.base_url.tls;
    origin.port = config.base_url.port;
    origin.ca_file = config.ca_file;
    origin.host = config.base_url.host == twilio_public_host ? host_of(region) : config.base_url.host;
  }
}

ports::https_request twilio_sender::make_request(const domain::twilio_settings& account,
                                                 std::string_view method) const {
  ports::https_request request;
  request.method = method;
  request.to = &origins_.at(static_cast<std::size_t>(account.region));
  request.target.append(path_).append("/2010-04-01/Accounts/").append(account.account_sid).append("/Messages.json");
  request.headers.reserve(4);
  request.headers.emplace_back("Authorization", basic_authorization(account));
  request.headers.emplace_back("Accept", "application/json");
  request.headers.emplace_back("User-Agent", "sendcode");
  return request;
}

awaitable<ports::sender_reply> twilio_sender::send(const ports::text_order& order, ports::steady_time deadline) {
  ports::sender_reply reply;
  reply.attempt.sender = domain::sender_kind::twilio;
  reply.attempt.outcome = domain::answer_class::interrupted;
  const auto& account = order.environment->sms.twilio;
  // Without an account or its secret the pipeline holds the event; that it asks all the same takes nothing.
  if (!account || !credential(*account).value) co_return reply;

  auto request = make_request(*account, "POST");
  const wiped_at_end wiped(request.headers.front().second);
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = make_form(order, *account, receipts_address_);
  const auto began = clock_.steady_now();
  auto answer = co_await client_.exchange(request, deadline);
  reply.attempt.latency = std::chrono::duration_cast<milliseconds>(clock_.steady_now() - began);
  if (!answer) {
    reachability_.failed(answer.error(), clock_.steady_now());
    const bool sent = answer.error().stage == ports::https_failure::kind::unanswered;
    const domain::exchange_result nothing{.sent = sent};
    reply.attempt.outcome = domain::classify(domain::sender_kind::twilio, nothing);
    co_return reply;
  }
  const wiped_at_end wiped_answer(answer->body);
  reachability_.answered(clock_.steady_now());
  fill_twilio_reply(reply, *answer, clock_.now());
  if (reply.attempt.outcome == domain::answer_class::account) {
    refusals_.tell(order.environment->environment_id, account->account_sid, reply.attempt, clock_.steady_now());
  }
  co_return reply;
}

awaitable<std::expected<std::vector<ports::found_text>, ports::search_failure>> twilio_sender::find(
    const ports::text_order& order, timestamp since, ports::steady_time deadline) {
  const auto& account = order.environment->sms.twilio;
  if (!account || !credential(*account).value) co_return std::unexpected(ports::search_failure::unreachable);
  auto request = make_request(*account, "GET");
  const wiped_at_end wiped(request.headers.front().second);
  request.target += "?To=";
  append_form_encoded(request.target, order.to);
  request.target.append("&PageSize=").append(page_size);

  auto answer = co_await client_.exchange(request, deadline);
  if (!answer) co_return std::unexpected(ports::search_failure::unreachable);
  const wiped_at_end wiped_answer(answer->body);
  if (answer->status != 200 || !answer->complete) co_return std::unexpected(ports::search_failure::unreachable);
  auto listed = read_twilio_list(answer->body);
  if (!listed) co_return std::unexpected(ports::search_failure::unreachable);

  const auto earliest = std::chrono::floor<seconds>(since);  // Twilio's dates have no fractions
  std::ranges::sort(*listed, std::greater{}, &listed_message::created);
  std::vector<ports::found_text> found;
  for (auto& message : *listed) {
    if (message.created < earliest || never_left(message) || !from_our_source(message, *account)) continue;
    found.push_back({std::move(message.sid), static_cast<std::uint8_t>(std::min(message.segments, 255U))});
  }
  co_return found;
}

}  // namespace sendcode::senders
