#pragma once

#include <optional>
#include <string>

#include "common/timestamp.hpp"

namespace sendcode::app {

// What --since takes: how long ago (`30s`, `10m`, `2h`, `7d`), or a time (RFC 3339). Nothing: it is neither.
std::optional<timestamp> parse_since(const std::string& text, timestamp now);

// For the options' check: what is allowed; empty: the text is.
std::string wrong_since(const std::string& text);

}  // namespace sendcode::app
