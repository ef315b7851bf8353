#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

// What `sendcode doctor` says. What it asks, and what it makes of the answers, stands in a file for each subject.
namespace sendcode::app {

struct finding {
  // warning: it works, and will not for ever, or is open to more people than it should be.
  enum class state : std::uint8_t { ok, unknown, warning, wrong, unreachable };
  state is = state::ok;
  std::string about;     // "topic sms.send-code"
  std::string detail{};  // what was found
  std::string advice{};  // what to do; empty: nothing
};

constexpr std::chrono::seconds ask_most{5};  // each question to somebody else

using teller = std::function<void(finding)>;

std::string to_line(const finding& found, bool colours = false);
nlohmann::ordered_json to_json(const finding& found);

}  // namespace sendcode::app
