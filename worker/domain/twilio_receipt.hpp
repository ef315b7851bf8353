#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/form.hpp"
#include "worker/domain/outcome.hpp"

// What Twilio posts to a text's StatusCallback. Signature and ref are checked elsewhere.
namespace sendcode::domain {

// Twilio's words for where a text stands, as far as they can come for one that we sent.
constexpr std::array<std::string_view, 11> receipt_statuses = {
    "accepted", "scheduled",          "queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled",
    "read",     "partially_delivered"};

// SM or MM, and 32 digits of 0-9a-f.
bool is_message_sid(std::string_view text) noexcept;

struct twilio_receipt {
  std::string message_id;        // a SID
  std::string_view status;       // one of receipt_statuses
  std::uint32_t error_code = 0;  // 0: none, or not a number
  std::string to;                // as it came; empty: absent

  // Why the text did not arrive, where it is undelivered or failed and the code is one that we know.
  domain::reason failure_reason() const noexcept;
};

// Nothing: a field that is needed is missing, repeated or malformed, or the status is none that we know.
std::optional<twilio_receipt> read_twilio_receipt(const form_fields& fields);

// Why a receipt led to no status, or not in time.
enum class receipt_refusal : std::uint8_t {
  too_large,
  environment,  // unknown, or it has no account or no auth token now
  signature,
  ref,
  ref_too_old,
  account,           // signed, but by another AccountSid than the settings'
  not_understood,    // signed, and not what we know: answered as if it were taken
  not_acknowledged,  // by the log, in time
};
std::string_view to_text(receipt_refusal value) noexcept;

}  // namespace sendcode::domain
