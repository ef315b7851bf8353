#include "worker/domain/digit_automaton.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "worker/domain/digit_pattern.hpp"

namespace sendcode::domain {
namespace {

constexpr std::size_t states_max = 65'535;
constexpr std::size_t nodes_max = 200'000;

}  // namespace

// Thompson's construction, then the construction of subsets.
class automaton_builder {
 public:
  bool add(const digit_pattern& pattern, digit_automaton::matches bit) {
    const auto end = make({.digits = 0, .next = {}, .accepts = bit});
    starts_.push_back(before(pattern, end));
    return nodes_.size() <= nodes_max;
  }

  std::optional<std::vector<digit_automaton::state>> build() {
    number_of(node_set{});
    number_of(closure(starts_));
    for (std::size_t at = 0; at < sets_.size(); ++at) {
      if (sets_.size() > states_max) return std::nullopt;
      digit_automaton::state out;
      const node_set here = sets_[at];
      for (const auto index : here) out.accepted |= nodes_[index].accepts;
      for (unsigned digit = 0; digit < 10; ++digit) out.next[digit] = number_of(step(here, digit));
      states_.push_back(out);
    }
    return std::move(states_);
  }

 private:
  using index = std::uint32_t;
  using node_set = std::vector<index>;  // sorted
  struct node {
    std::uint16_t digits = 0;  // those that lead on; 0: what follows is reached without one
    std::vector<index> next;
    digit_automaton::matches accepts = 0;
  };

  index make(node made) {
    nodes_.push_back(std::move(made));
    return static_cast<index>(nodes_.size() - 1);
  }

  // The node from which the pattern leads to `next`.
  index before(const digit_pattern& pattern, index next) {
    if (nodes_.size() > nodes_max) return next;
    switch (pattern.is) {
      case digit_pattern::kind::digit:
        return make({.digits = pattern.digits, .next = {next}});
      case digit_pattern::kind::sequence:
        for (auto part = pattern.parts.rbegin(); part != pattern.parts.rend(); ++part) next = before(*part, next);
        return next;
      case digit_pattern::kind::alternatives: {
        node split;
        for (const auto& part : pattern.parts) split.next.push_back(before(part, next));
        return make(std::move(split));
      }
      case digit_pattern::kind::repeated:
        break;
    }
    index at = next;
    for (int i = pattern.least; i < pattern.most; ++i) {
      const index once_more = before(pattern.parts.front(), at);
      at = make({.digits = 0, .next = {once_more, next}});
    }
    for (int i = 0; i < pattern.least; ++i) at = before(pattern.parts.front(), at);
    return at;
  }

  // What is reached without a digit, each node looked at once; kept are those that wait for one or accept.
  node_set closure(node_set open) {
    node_set out;
    ++round_;
    seen_in_.resize(nodes_.size());
    while (!open.empty()) {
      const index at = open.back();
      open.pop_back();
      if (std::exchange(seen_in_[at], round_) == round_) continue;
      const node& here = nodes_[at];
      if (here.digits != 0 || here.accepts != 0) {
        out.push_back(at);
      } else {
        open.insert(open.end(), here.next.begin(), here.next.end());
      }
    }
    std::ranges::sort(out);
    return out;
  }

  node_set step(const node_set& from, unsigned digit) {
    node_set reached;
    for (const auto at : from) {
      if ((nodes_[at].digits >> digit & 1U) != 0) reached.push_back(nodes_[at].next.front());
    }
    return closure(std::move(reached));
  }

  std::uint16_t number_of(const node_set& set) {
    const auto [found, is_new] = numbers_.try_emplace(set, static_cast<std::uint16_t>(sets_.size()));
    if (is_new) sets_.push_back(set);
    return found->second;
  }

  std::vector<node> nodes_;
  std::vector<std::uint64_t> seen_in_;  // of each node, the last round of closure()
  std::uint64_t round_ = 0;
  node_set starts_;
  std::map<node_set, std::uint16_t> numbers_;
  std::vector<node_set> sets_;
  std::vector<digit_automaton::state> states_;
};

std::optional<digit_automaton> digit_automaton::compile(std::span<const std::string_view> patterns) {
  automaton_builder builder;
  if (patterns.empty() || patterns.size() > patterns_max) return std::nullopt;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto pattern = parse_digit_pattern(patterns[i]);
    if (!pattern || !builder.add(*pattern, static_cast<matches>(1U << i))) return std::nullopt;
  }
  auto states = builder.build();
  if (!states) return std::nullopt;
  return digit_automaton(std::move(*states));
}

digit_automaton::matches digit_automaton::match_whole(std::string_view digits) const noexcept {
  std::size_t at = 1;
  for (const char digit : digits) {
    if (!is_digit(digit)) return 0;
    at = states_[at].next[static_cast<std::size_t>(digit - '0')];
  }
  return states_[at].accepted;
}

digit_automaton::matches digit_automaton::match_beginning(std::string_view digits) const noexcept {
  std::size_t at = 1;
  matches out = states_[at].accepted;
  for (const char digit : digits) {
    if (!is_digit(digit)) break;
    at = states_[at].next[static_cast<std::size_t>(digit - '0')];
    out |= states_[at].accepted;
  }
  return out;
}

}  // namespace sendcode::domain
