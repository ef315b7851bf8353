#include "worker/domain/twilio_receipt.hpp"

#include <algorithm>
#include <charconv>

#include "worker/domain/sender_answer.hpp"

namespace sendcode::domain {
namespace {

std::uint32_t read_code(std::string_view text) noexcept {
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  return error == std::errc{} && end == text.data() + text.size() ? code : 0;
}

}  // namespace

bool is_message_sid(std::string_view text) noexcept {
  constexpr std::size_t sid_size = 34;
  return text.size() == sid_size && (text.starts_with("SM") || text.starts_with("MM")) &&
         text.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

reason twilio_receipt::failure_reason() const noexcept {
  if (status != "undelivered" && status != "failed") return reason::none;
  return reason_for_receipt(error_code);
}

std::optional<twilio_receipt> read_twilio_receipt(const form_fields& fields) {
  const auto message_id = only_field(fields, "MessageSid");
  const auto status = only_field(fields, "MessageStatus");
  if (!message_id || !status || !is_message_sid(*message_id)) return std::nullopt;
  const auto known = std::ranges::find(receipt_statuses, *status);
  if (known == receipt_statuses.end()) return std::nullopt;
  twilio_receipt out;
  out.message_id = *message_id;
  out.status = *known;
  out.error_code = read_code(only_field(fields, "ErrorCode").value_or(""));
  out.to = only_field(fields, "To").value_or("");
  return out;
}

std::string_view to_text(receipt_refusal value) noexcept {
  switch (value) {
    case receipt_refusal::too_large:
      return "too_large";
    case receipt_refusal::environment:
      return "environment";
    case receipt_refusal::signature:
      return "signature";
    case receipt_refusal::ref:
      return "ref";
    case receipt_refusal::ref_too_old:
      return "ref_too_old";
    case receipt_refusal::account:
      return "account";
    case receipt_refusal::not_understood:
      return "not_understood";
    case receipt_refusal::not_acknowledged:
      return "not_acknowledged";
  }
  return "";
}

}  // namespace sendcode::domain
