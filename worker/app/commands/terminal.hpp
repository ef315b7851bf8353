#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "worker/config/terminal_environment.hpp"

// How output for people looks on a terminal.
namespace sendcode::app {

// On a terminal that knows them alone, and not against NO_COLOR (set to anything but nothing).
bool wants_colours(bool is_terminal, const config::terminal_environment& of);

enum class colour : std::uint8_t { none, green, yellow, red, faint };

// Of a status as it stands in events and answers: sent, delivered, approved are green.
colour colour_of(std::string_view status);

// `text` is padded to `width` before it is painted, so that columns stay aligned.
std::string painted(std::string_view text, colour with, bool colours, std::size_t width = 0);

}  // namespace sendcode::app
