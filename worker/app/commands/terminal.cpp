#include "worker/app/commands/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sendcode::app {
namespace {

std::string_view escape_of(colour which) {
  switch (which) {
    case colour::green:
      return "\x1b[32m";
    case colour::yellow:
      return "\x1b[33m";
    case colour::red:
      return "\x1b[31m";
    case colour::faint:
      return "\x1b[2m";
    case colour::none:
      break;
  }
  return "";
}

template <std::size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

bool wants_colours(bool is_terminal, const config::terminal_environment& of) {
  return is_terminal && of.no_color.empty() && !of.term.empty() && of.term != "dumb";
}

colour colour_of(std::string_view status) {
  constexpr std::array<std::string_view, 4> good = {"sent", "delivered", "approved", "read"};
  constexpr std::array<std::string_view, 2> bad = {"failed", "undelivered"};
  constexpr std::array<std::string_view, 5> refused = {"rejected", "expired", "incorrect", "locked_out", "not_found"};
  if (is_one_of(status, good)) return colour::green;
  if (is_one_of(status, bad)) return colour::red;
  return is_one_of(status, refused) ? colour::yellow : colour::none;
}

std::string painted(std::string_view text, colour with, bool colours, std::size_t width) {
  const auto padded = fmt::format("{:<{}}", text, width);
  if (!colours || with == colour::none) return padded;
  return fmt::format("{}{}\x1b[0m", escape_of(with), padded);
}

}  // namespace sendcode::app
