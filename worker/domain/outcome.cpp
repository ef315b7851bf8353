#include "worker/domain/outcome.hpp"

namespace sendcode::domain {

std::string_view to_text(status value) noexcept {
  switch (value) {
    case status::none:
      return "";
    case status::sent:
      return "sent";
    case status::rejected:
      return "rejected";
    case status::expired:
      return "expired";
    case status::failed:
      return "failed";
  }
  return "";
}

std::string_view to_text(reason value) noexcept {
  switch (value) {
    case reason::none:
      return "";
    case reason::invalid_number:
      return "invalid_number";
    case reason::unsupported_number_type:
      return "unsupported_number_type";
    case reason::country_not_allowed:
      return "country_not_allowed";
    case reason::prefix_not_allowed:
      return "prefix_not_allowed";
    case reason::unknown_environment:
      return "unknown_environment";
    case reason::unknown_application:
      return "unknown_application";
    case reason::unknown_connection:
      return "unknown_connection";
    case reason::phone_auth_off:
      return "phone_auth_off";
    case reason::sms_mfa_off:
      return "sms_mfa_off";
    case reason::allowance_used_up:
      return "allowance_used_up";
    case reason::rate_limited:
      return "rate_limited";
    case reason::locked_out:
      return "locked_out";
    case reason::suspected_fraud:
      return "suspected_fraud";
    case reason::challenge_mismatch:
      return "challenge_mismatch";
    case reason::challenge_used:
      return "challenge_used";
    case reason::challenge_cancelled:
      return "challenge_cancelled";
    case reason::recipient_unreachable:
      return "recipient_unreachable";
    case reason::recipient_opted_out:
      return "recipient_opted_out";
    case reason::sender_rejected:
      return "sender_rejected";
    case reason::senders_unavailable:
      return "senders_unavailable";
    case reason::unconfirmed:
      return "unconfirmed";
    case reason::too_old:
      return "too_old";
    case reason::poison:
      return "poison";
  }
  return "";
}

std::string_view to_text(limit_kind value) noexcept {
  switch (value) {
    case limit_kind::none:
      return "";
    case limit_kind::phone:
      return "phone";
    case limit_kind::user:
      return "user";
    case limit_kind::client_ip:
      return "client_ip";
    case limit_kind::application:
      return "application";
    case limit_kind::environment:
      return "environment";
    case limit_kind::country:
      return "country";
    case limit_kind::prefix:
      return "prefix";
  }
  return "";
}

std::string_view to_text(sender_kind value) noexcept {
  switch (value) {
    case sender_kind::none:
      return "";
    case sender_kind::twilio:
      return "twilio";
    case sender_kind::kinde:
      return "kinde";
    case sender_kind::test:
      return "test";
  }
  return "";
}

std::string_view to_text(answer_class value) noexcept {
  switch (value) {
    case answer_class::accepted:
      return "accepted";
    case answer_class::recipient:
      return "recipient";
    case answer_class::opted_out:
      return "opted_out";
    case answer_class::account:
      return "account";
    case answer_class::policy:
      return "policy";
    case answer_class::fraud:
      return "fraud";
    case answer_class::busy:
      return "busy";
    case answer_class::interrupted:
      return "interrupted";
    case answer_class::unknown:
      return "unknown";
  }
  return "";
}

std::string reason_text(const outcome& value) {
  std::string out(to_text(value.reason));
  if (value.reason == reason::rate_limited) {
    out += '.';
    out += to_text(value.limited_by);
  }
  return out;
}

}  // namespace sendcode::domain
