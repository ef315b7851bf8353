#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sandbox/core/exchange.hpp"
#include "tests/sandbox/core/mailbox.hpp"

namespace sendcode::sandbox {

using parameters = std::vector<std::pair<std::string, std::string>>;

// X-Twilio-Signature of a form: HMAC-SHA1 with the account's token over the URL (query, no fragment) and every
// parameter, sorted, name and value with nothing between. A repeated name stands before each of its values; the same
// value twice counts once.
std::string sign(std::string_view token, std::string_view url, parameters form_parameters);

// The receipt that Twilio would post for this message.
callback make_receipt(const text& one, std::string_view token);

}  // namespace sendcode::sandbox
