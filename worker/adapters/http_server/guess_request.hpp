#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "worker/adapters/http_server/server.hpp"
#include "worker/ports/code_checker.hpp"

namespace sendcode::http_server {

// The body of a check, without the challenge. The error is a sentence for whoever wrote the client; nothing of the body
// stands in it.
std::expected<ports::guess, std::string> read_guess(std::string_view body);

constexpr std::size_t idempotency_key_bytes_max = 256;

// The Idempotency-Key header; empty: there is none. Errors as above.
std::expected<std::string, std::string> read_idempotency_key(const request& asked);

}  // namespace sendcode::http_server
