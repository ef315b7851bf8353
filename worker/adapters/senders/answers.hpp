#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timestamp.hpp"

// What is read of the senders' answers, field by field: what is not named here, the text above all, is passed over in
// place.
namespace sendcode::senders {

struct twilio_answer {
  std::string sid;  // empty: absent, or not ^(SM|MM)[0-9a-f]{32}$
  std::uint32_t segments = 0;
  std::uint32_t error_code = 0;
};
// None: not JSON.
std::optional<twilio_answer> read_twilio_answer(std::string_view body);

struct listed_message {
  std::string sid;
  std::uint32_t segments = 0;
  std::string status;
  std::string from;
  std::string messaging_service_sid;
  timestamp created;
};
// Messages without a proper sid or date are left out. None: not a list of messages.
std::optional<std::vector<listed_message>> read_twilio_list(std::string_view body);

// None: not JSON. Empty: without a message id, or with one longer than 64 bytes.
std::optional<std::string> read_kinde_answer(std::string_view body);

struct token_answer {
  std::string_view access_token;  // into the body
  std::uint32_t expires_in_s = 0;
};
std::optional<token_answer> read_token_answer(std::string_view body);

// Seconds, or a date of HTTP; at most an hour.
std::optional<milliseconds> read_retry_after(std::string_view header, timestamp now);

// Appends `text` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sendcode::senders
