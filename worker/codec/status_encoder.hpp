#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/domain/event.hpp"
#include "worker/domain/outcome.hpp"
#include "worker/domain/phone_number.hpp"
#include "worker/domain/receipt_ref.hpp"
#include "worker/domain/twilio_receipt.hpp"

namespace sendcode::codec {

// A record as it is to be written.
struct encoded_record {
  std::string key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string value;
};

// The status that ends an event: io.sendcode.delivery-status.v1, kind `outcome` (schemas/delivery-status.schema.json).
// `phone` is absent where the number could not be read or must not be told.
struct outcome_status {
  const domain::send_code_event* event;
  const domain::outcome* outcome;
  const domain::phone_number* phone = nullptr;
  std::optional<timestamp> expires_at;
  timestamp now;
};
encoded_record encode_outcome(const outcome_status& status);

// The status of a counted guess, kind `check`.
struct check_status {
  domain::request_id request_id{};  // of the challenge's first event
  std::string_view environment_id;
  std::string_view application_id;
  std::string_view challenge_id;
  domain::purpose purpose = domain::purpose::sign_in;
  const domain::phone_number* phone = nullptr;
  std::string_view status;   // approved or incorrect
  std::uint32_t number = 0;  // of the guess
  timestamp now;
};
encoded_record encode_check(const check_status& status);

// What Twilio later told of a text, kind `receipt`.
struct receipt_status {
  std::string_view environment_id;
  const domain::receipt_ref* ref;
  const domain::twilio_receipt* receipt;
  const domain::phone_number* phone = nullptr;
  timestamp now;
};
encoded_record encode_receipt(const receipt_status& status);

// The headers that a dead letter gets beside its own.
struct dead_letter_source {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};
std::vector<std::pair<std::string, std::string>> dead_letter_headers(domain::dead_letter_error error,
                                                                     std::string_view detail,
                                                                     const dead_letter_source& source);

}  // namespace sendcode::codec
