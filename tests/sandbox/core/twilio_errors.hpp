#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/core/exchange.hpp"

namespace sendcode::sandbox {

// A refusal as Twilio words it (its messages repeat the number: whoever logs them must mask it).
struct twilio_error {
  int code = 0;  // 0: the body has no code
  int http_status = 400;
  std::string message;
};

twilio_error make_twilio_error(int code, std::string_view detail = "");
int twilio_code_of_status(int http_status) noexcept;  // what goes with a bare status; 0: none
void append_twilio_error(std::string& out, const twilio_error& error);
reply refusal(const twilio_error& error);

// Magic numbers: what Twilio's test credentials answer, and further ones of our own (tests/sandbox/README.md has the
// table). Nothing: no magic.
std::optional<int> magic_from(std::string_view number) noexcept;
std::optional<int> magic_to(std::string_view number) noexcept;

}  // namespace sendcode::sandbox
