#pragma once

#include <expected>
#include <string>

#include "common/async/spawn.hpp"
#include "tests/sandbox/core/exchange.hpp"

namespace sendcode::sandbox {

// Posts a receipt to a callback on loopback, once, within 15 s, and gives the answer's HTTP status. A callback's
// certificate is not checked: it is the worker under test.
awaitable<std::expected<int, std::string>> post_receipt(callback what);

}  // namespace sendcode::sandbox
