#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sendcode {

using milliseconds = std::chrono::milliseconds;
using seconds = std::chrono::seconds;
using timestamp = std::chrono::sys_time<milliseconds>;  // UTC

// RFC 3339. Written in UTC with milliseconds ("2026-11-23T08:15:30.123Z"); read with any offset and any fraction (cut
// to milliseconds).
std::string to_rfc3339(timestamp at);  // years 0000 to 9999: what is beyond them, as their end
std::optional<timestamp> from_rfc3339(std::string_view text);

// RFC 2822 with a numeric zone, as Twilio writes it: "Mon, 23 Nov 2026 08:15:30 +0000".
std::optional<timestamp> from_rfc2822(std::string_view text);

inline std::int64_t to_unix_ms(timestamp at) noexcept {
  return at.time_since_epoch().count();
}
inline timestamp from_unix_ms(std::int64_t ms) noexcept {
  return timestamp{milliseconds{ms}};
}

}  // namespace sendcode
