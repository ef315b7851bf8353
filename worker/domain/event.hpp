#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/timestamp.hpp"

namespace sendcode::domain {

enum class purpose : std::uint8_t { sign_in, mfa };
std::string_view to_text(purpose value) noexcept;

using request_id = byte_array<16>;

// The first 128 bits of SHA-256 over environment, source and id, each length-prefixed (design §2).
request_id make_request_id(std::string_view environment_id, std::string_view source, std::string_view id);

// 22 to 128 letters, digits, hyphens and underscores: what names a challenge in an event, a check and an address.
bool is_challenge_id(std::string_view text) noexcept;

// Two capital letters: the form of ISO 3166-1's codes, be this one assigned or not.
bool is_country(std::string_view text) noexcept;

// A send-code event, checked against its schema: every text is within its limits and character set; what was absent is
// empty.
struct send_code_event {
  std::string source;  // of the CloudEvent; with `id` the idempotency key
  std::string id;
  std::optional<timestamp> time;
  std::string traceparent;  // empty: absent, or not valid

  std::string environment_id;
  std::string application_id;
  std::string challenge_id;
  domain::purpose purpose = purpose::sign_in;
  std::string phone_number;  // as it came: international, or national for `country` or the default country
  std::string connection_id;
  std::string country;
  std::string locale;
  std::string client_ip;
  std::string user_id;
  std::string device_token;

  domain::request_id request_id{};
  byte_array<32> data_digest{};  // SHA-256 of the data's bytes: tells the same id with other content
};

enum class dead_letter_error : std::uint8_t {
  not_cloudevent,
  invalid_json,
  invalid_event,
  too_large,
  id_reused,
  poison
};
std::string_view to_text(dead_letter_error value) noexcept;

// Why bytes are no event. `detail` names the field or rule in our own words: never a value from outside.
struct undecodable {
  dead_letter_error error;
  std::string detail;
  std::string environment_id;  // where it could be read
};

}  // namespace sendcode::domain
