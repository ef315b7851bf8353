#include "worker/app/commands/since.hpp"

#include <charconv>
#include <cstdint>

namespace sendcode::app {
namespace {

constexpr std::size_t digits_max = 7;

std::int64_t seconds_in(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return 86'400;
    default:
      return 0;
  }
}

}  // namespace

std::optional<timestamp> parse_since(const std::string& text, timestamp now) {
  if (text.size() < 2 || text.size() > digits_max + 1 || seconds_in(text.back()) == 0) return from_rfc3339(text);
  std::int64_t count = 0;
  const char* const unit = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), unit, count);
  if (error != std::errc() || end != unit || count < 0) return std::nullopt;
  return now - seconds{count * seconds_in(*unit)};
}

std::string wrong_since(const std::string& text) {
  if (parse_since(text, timestamp{})) return "";
  return "how long ago (a number with s, m, h or d behind it, such as 10m), or a time such as 2026-11-23T08:15:30Z";
}

}  // namespace sendcode::app
