#include "tests/sandbox/core/twilio_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/sandbox/core/text_forms.hpp"

namespace sendcode::sandbox {
namespace {

struct known_error {
  int code;
  int http_status;
  std::string_view message;  // {} is the number
};

constexpr std::array known_errors = {
    known_error{20001, 400, "A parameter is not valid: {}"},
    known_error{20003, 401, "Authenticate"},
    known_error{20403, 403, "The account is suspended"},
    known_error{20404, 404, "The requested resource was not found"},
    known_error{20429, 429, "Too Many Requests"},
    known_error{20500, 500, "An internal server error has occurred"},
    known_error{20503, 503, "Service unavailable"},
    known_error{21211, 400, "The 'To' number {} is not a valid phone number."},
    known_error{21212, 400, "The 'From' number {} is not a valid phone number, shortcode, or alphanumeric sender ID."},
    known_error{21408, 400,
                "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}."},
    known_error{21602, 400, "Message body is required."},
    known_error{21603, 400, "A 'From' phone number is required."},
    known_error{21604, 400, "A 'To' phone number is required."},
    known_error{21606, 400,
                "The 'From' phone number provided ({}) is not a valid message-capable Twilio phone number."},
    known_error{21608, 400, "The number {} is unverified. Trial accounts cannot send messages to unverified numbers."},
    known_error{21610, 400, "Attempt to send to unsubscribed recipient"},
    known_error{21611, 400, "The 'From' number has exceeded the maximum number of queued messages"},
    known_error{21612, 400, "The 'To' phone number {} is not currently reachable using the 'From' phone number"},
    known_error{21614, 400, "'To' number {} is not a valid mobile number"},
    known_error{21617, 400, "The concatenated message body exceeds the 1600 character limit."},
    known_error{21635, 400, "'To' number {} cannot be a landline"},
    known_error{30450, 400, "Message delivery blocked: suspected fraud"},
};

struct magic {
  std::string_view number;
  int code;
};

constexpr std::array from_numbers = {
    magic{"+15005550001", 21212},
    magic{"+15005550007", 21606},
    magic{"+15005550008", 21611},
};

constexpr std::array to_numbers = {
    // Twilio's
    magic{"+15005550001", 21211},
    magic{"+15005550002", 21612},
    magic{"+15005550003", 21408},
    magic{"+15005550004", 21610},
    magic{"+15005550009", 21614},
    // ours
    magic{"+15005550010", 21635},
    magic{"+15005550011", 21611},
    magic{"+15005550012", 30450},
    magic{"+15005550013", 20503},
    magic{"+15005550014", 20429},
};

template <std::size_t N>
std::optional<int> code_of(const std::array<magic, N>& table, std::string_view number) noexcept {
  if (!number.starts_with("+1500555")) return std::nullopt;
  const auto found = std::find_if(table.begin(), table.end(), [&](const magic& m) { return m.number == number; });
  return found == table.end() ? std::nullopt : std::optional(found->code);
}

}  // namespace

twilio_error make_twilio_error(int code, std::string_view detail) {
  const auto found =
      std::find_if(known_errors.begin(), known_errors.end(), [&](const known_error& e) { return e.code == code; });
  if (found == known_errors.end()) return {code, 400, "The request was refused"};
  return {code, found->http_status, fmt::format(fmt::runtime(found->message), detail)};
}

int twilio_code_of_status(int http_status) noexcept {
  switch (http_status) {
    case 401:
      return 20003;
    case 403:
      return 20403;
    case 404:
      return 20404;
    case 429:
      return 20429;
    case 500:
      return 20500;
    case 503:
      return 20503;
    default:
      return 0;
  }
}

void append_twilio_error(std::string& out, const twilio_error& error) {
  out += '{';
  if (error.code != 0) fmt::format_to(std::back_inserter(out), R"("code":{},)", error.code);
  out += R"("message":)";
  append_json_string(out, error.message);
  if (error.code != 0) {
    fmt::format_to(std::back_inserter(out), R"(,"more_info":"https://www.twilio.com/docs/errors/{}")", error.code);
  }
  fmt::format_to(std::back_inserter(out), R"(,"status":{}}})", error.http_status);
}

reply refusal(const twilio_error& error) {
  reply out;
  out.status = error.http_status;
  append_twilio_error(out.body, error);
  if (error.http_status == 401) out.headers = "WWW-Authenticate: Basic realm=\"Twilio API\"\r\n";
  if (error.code == 20429) out.headers = "Retry-After: 1\r\n";
  return out;
}

std::optional<int> magic_from(std::string_view number) noexcept {
  return code_of(from_numbers, number);
}
std::optional<int> magic_to(std::string_view number) noexcept {
  return code_of(to_numbers, number);
}

}  // namespace sendcode::sandbox
