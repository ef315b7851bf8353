#pragma once

#include <optional>

#include "tests/sandbox/core/accounts.hpp"
#include "tests/sandbox/core/exchange.hpp"

namespace sendcode::sandbox {

// What an account may text from: GET …/IncomingPhoneNumbers.json?PhoneNumber= and GET /v1/Services/{MG}. Nothing: the
// request is about neither.
std::optional<reply> show_source(const request& in, account_book& accounts);

}  // namespace sendcode::sandbox
