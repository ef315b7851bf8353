#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sendcode::domain {

constexpr bool is_digit(char sign) noexcept {
  return sign >= '0' && sign <= '9';
}

// A pattern of digits as a tree.
struct digit_pattern {
  enum class kind : std::uint8_t { digit, sequence, alternatives, repeated };

  kind is = kind::sequence;
  std::uint16_t digits = 0;          // digit: bit d for each that may stand here
  std::vector<digit_pattern> parts;  // of a sequence, alternatives; the one that is repeated
  int least = 1;                     // repeated
  int most = 1;
};

// Digits, \d, classes, groups, alternatives, ?, {n} and {n,m}; nothing if there is anything else.
std::optional<digit_pattern> parse_digit_pattern(std::string_view text);

}  // namespace sendcode::domain
