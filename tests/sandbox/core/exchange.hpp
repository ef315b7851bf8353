#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/timestamp.hpp"

// What passes between the HTTP server and the sandbox's state.
namespace sendcode::sandbox {

constexpr std::size_t body_bytes_max = 16 * 1024;

// One request, wholly read. The views live as long as the call that they are passed to.
struct request {
  std::string_view method;
  std::string_view target;  // path and query, as on the request line
  std::string_view authorization;
  std::string_view idempotency_key;
  std::string_view body;
  timestamp now;
  std::int64_t now_us = 0;  // the same moment, Unix time in microseconds
  std::string_view host{};  // as the one who asked wrote it
};

// How the connection goes on.
enum class ending {
  answer,    // the whole answer, and the connection stays
  truncate,  // the head promises more bytes than come, then the connection closes
  close,     // no answer: the connection closes
  reset,     // no answer: the connection is reset (RST)
};

// A receipt to be posted to a message's StatusCallback; the answer to the control request is the callback's status.
struct callback {
  std::string url;  // without its fragment
  std::string form;
  std::string signature;
};

struct reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string headers;    // further header lines, each with its CRLF
  milliseconds delay{0};  // before anything is written, or before the connection ends
  ending end = ending::answer;
  std::uint64_t text = 0;  // the text that this answer is about, see mailbox; 0: none
  std::optional<callback> receipt;
};

// What a request is for, and what a fault may be aimed at (the first five).
enum class target : std::uint8_t {
  twilio,
  twilio_list,
  kinde,
  token,
  twilio_feedback,
  twilio_account,
  control,
  nothing
};
constexpr std::size_t fault_targets = 5;

struct route {
  target to = target::nothing;
  std::string_view account;  // Twilio: as in the path
  std::string_view message;  // whose feedback it is: as in the path
  std::string_view path;
  std::string_view query;
};

route find_route(std::string_view method, std::string_view request_target);

}  // namespace sendcode::sandbox
