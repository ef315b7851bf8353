#include "worker/app/commands/doctor_findings.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "worker/app/commands/terminal.hpp"

namespace sendcode::app {
namespace {

using state = finding::state;

constexpr std::size_t state_width = 12;

std::string_view word(state is) {
  switch (is) {
    case state::ok:
      return "ok";
    case state::unknown:
      return "unknown";
    case state::warning:
      return "warning";
    case state::wrong:
      return "wrong";
    case state::unreachable:
      break;
  }
  return "unreachable";
}

colour colour_of_state(state is) {
  if (is == state::ok) return colour::green;
  return is == state::unknown || is == state::warning ? colour::yellow : colour::red;
}

}  // namespace

std::string to_line(const finding& found, bool colours) {
  auto out = fmt::format("{} {:<36} {}", painted(word(found.is), colour_of_state(found.is), colours, state_width),
                         found.about, found.detail);
  if (!found.advice.empty()) out += ": " + found.advice;
  return out;
}

nlohmann::ordered_json to_json(const finding& found) {
  nlohmann::ordered_json out = {{"state", word(found.is)}, {"about", found.about}, {"detail", found.detail}};
  if (!found.advice.empty()) out["advice"] = found.advice;
  return out;
}

}  // namespace sendcode::app
