#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "worker/ports/code_checker.hpp"

namespace sendcode::http_server {

bool is_challenge_id(std::string_view text) noexcept;

// The body of a check, without the challenge. The error is a sentence for whoever wrote the client; nothing of the body
// stands in it.
std::expected<ports::guess, std::string> read_guess(std::string_view body);

}  // namespace sendcode::http_server
