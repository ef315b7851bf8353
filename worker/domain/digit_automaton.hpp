#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sendcode::domain {

// Which of some patterns a string of digits matches, all of them found in one walk: a table look-up a digit, where
// regular expressions are tried one after the other.
class digit_automaton {
 public:
  using matches = std::uint16_t;  // bit i: the i-th pattern

  static constexpr std::size_t patterns_max = 16;

  // Patterns as libphonenumber's metadata has them: digits, \d, classes, groups, alternatives, ?, {n} and {n,m}.
  // Nothing if there is anything else in one, or if the automaton would have more than 65,535 states.
  static std::optional<digit_automaton> compile(std::span<const std::string_view> patterns);

  matches match_whole(std::string_view digits) const noexcept;
  matches match_beginning(std::string_view digits) const noexcept;

  std::size_t size_bytes() const noexcept { return states_.size() * sizeof(state); }

 private:
  struct state {
    std::array<std::uint16_t, 10> next{};
    matches accepted = 0;
  };
  friend class automaton_builder;

  explicit digit_automaton(std::vector<state> states) : states_(std::move(states)) {}

  // The first is where nothing can match any more, the second where a walk begins.
  std::vector<state> states_;
};

}  // namespace sendcode::domain
