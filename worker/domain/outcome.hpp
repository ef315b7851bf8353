#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timestamp.hpp"

// How an event ended. The numbers of these enums stand in Redis (docs/redis.md): they are never given a new meaning.
namespace sendcode::domain {

enum class status : std::uint8_t { none = 0, sent = 1, rejected = 2, expired = 3, failed = 4 };

enum class reason : std::uint8_t {
  none = 0,
  // rejected
  invalid_number = 1,
  unsupported_number_type = 2,
  country_not_allowed = 3,
  prefix_not_allowed = 4,
  unknown_environment = 5,
  unknown_application = 6,
  unknown_connection = 7,
  phone_auth_off = 8,
  sms_mfa_off = 9,
  allowance_used_up = 10,
  rate_limited = 11,  // of what: limit_kind
  locked_out = 12,
  suspected_fraud = 13,  // failed too, when a sender said so
  challenge_mismatch = 14,
  challenge_used = 15,
  challenge_cancelled = 16,
  // failed
  recipient_unreachable = 32,
  recipient_opted_out = 33,
  sender_rejected = 34,
  senders_unavailable = 35,
  unconfirmed = 36,
  // expired
  too_old = 64,
  // a dead letter, recorded so that a redelivery ends the same way
  poison = 96,
};

// What a limit counts by (`per` in the settings).
enum class limit_kind : std::uint8_t {
  none = 0,
  phone = 1,
  user = 2,
  client_ip = 3,
  application = 4,
  environment = 5,
  country = 6,
  prefix = 7,
};

enum class sender_kind : std::uint8_t { none = 0, twilio = 1, kinde = 2, test = 3 };

// What a sender's answer means to us (design §6).
enum class answer_class : std::uint8_t {
  accepted = 0,
  recipient = 1,    // this number, for good: never retried, never failed over
  opted_out = 2,    // the same, with a reason of its own
  account = 3,      // the account or its source is refused: another sender may work
  policy = 4,       // the owner's own choice: no retry, no failover
  fraud = 5,        // never retried, never failed over
  busy = 6,         // not processed: safe to retry
  interrupted = 7,  // nothing was taken: it failed before the last byte of the request was written
  unknown = 8,      // it may have been taken
};

struct attempt {
  sender_kind sender = sender_kind::none;
  answer_class outcome = answer_class::unknown;
  std::uint16_t http_status = 0;  // 0: none arrived
  std::uint32_t error_code = 0;   // the sender's own; 0: none
  std::chrono::milliseconds latency{0};

  bool operator==(const attempt&) const = default;
};

struct outcome {
  domain::status status = status::none;
  domain::reason reason = reason::none;
  limit_kind limited_by = limit_kind::none;  // with rate_limited
  sender_kind sender = sender_kind::none;
  std::string message_id;
  bool failed_over = false;
  bool possible_duplicate = false;
  std::uint8_t segments = 0;
  std::uint32_t retry_after_s = 0;  // 0: none
  std::vector<attempt> attempts;

  bool operator==(const outcome&) const = default;
};

// The words of the events; `rate_limited` comes without what it counts by.
std::string_view to_text(status value) noexcept;
std::string_view to_text(reason value) noexcept;
std::string_view to_text(limit_kind value) noexcept;
std::string_view to_text(sender_kind value) noexcept;
std::string_view to_text(answer_class value) noexcept;
// The reason as statuses bear it: "rate_limited.phone".
std::string reason_text(const outcome& value);

}  // namespace sendcode::domain
