#pragma once

#include <string>
#include <string_view>

namespace sendcode {

constexpr std::size_t shown_bytes_max = 128;

// A value from outside, fit for a log line: control characters, quotes' backslashes and bytes that are no UTF-8 become
// \xNN, and what is longer than shown_bytes_max is cut, with "…" behind it.
std::string shown(std::string_view outside);

}  // namespace sendcode
