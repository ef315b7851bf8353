#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "worker/ports/challenge_desk.hpp"

// Requests after challenges and phones. Errors as in guess_request.hpp.
namespace sendcode::http_server {

// `?environment_id=&application_id=&purpose=`, of /v1/challenges/{challenge_id}.
std::expected<ports::challenge_reference, std::string> read_reference(std::string_view challenge_id,
                                                                      std::string_view query);

std::expected<ports::unlock_request, std::string> read_unlock(std::string_view body);

// The body of an answer.
std::string to_json(const ports::challenge_view& view);

}  // namespace sendcode::http_server
