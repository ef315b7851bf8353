#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sendcode::domain {

constexpr std::size_t error_text_bytes_max = 128;

// What one of Twilio's error codes means and what to do about it, in words for people. Empty: the code is not in our
// table. Twilio splits and adds codes over time, so a code without words says nothing by that.
std::string_view error_text(std::uint32_t error_code) noexcept;

}  // namespace sendcode::domain
