#include "worker/domain/digit_pattern.hpp"

#include <utility>

namespace sendcode::domain {
namespace {

constexpr int depth_max = 32;
constexpr int repeats_max = 32;  // no number has more than 17 digits
constexpr std::uint16_t any_digit = 0x3ff;

std::uint16_t bit_of(char digit) noexcept {
  return static_cast<std::uint16_t>(1U << (digit - '0'));
}

class pattern_parser {
 public:
  explicit pattern_parser(std::string_view text) : rest_(text) {}

  std::optional<digit_pattern> whole() {
    auto out = alternatives(0);
    return rest_.empty() ? out : std::nullopt;
  }

 private:
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }

  std::optional<digit_pattern> alternatives(int depth) {
    if (depth > depth_max) return std::nullopt;
    digit_pattern out{.is = digit_pattern::kind::alternatives, .parts = {}};
    do {
      auto one = sequence(depth);
      if (!one) return std::nullopt;
      out.parts.push_back(std::move(*one));
    } while (take("|"));
    return out;
  }

  std::optional<digit_pattern> sequence(int depth) {
    digit_pattern out{.is = digit_pattern::kind::sequence, .parts = {}};
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      auto one = single(depth);
      if (!one || !repeat(*one)) return std::nullopt;
      out.parts.push_back(std::move(*one));
    }
    return out;
  }

  std::optional<digit_pattern> single(int depth) {
    if (take("(?:") || take("(")) {
      if (rest_.starts_with("?")) return std::nullopt;  // looks ahead or behind
      auto inner = alternatives(depth + 1);
      return take(")") ? inner : std::nullopt;
    }
    digit_pattern out{.is = digit_pattern::kind::digit, .parts = {}};
    if (take("\\d")) {
      out.digits = any_digit;
    } else if (take("[")) {
      out.digits = digits_of_class();
    } else if (is_digit(rest_.front())) {
      out.digits = bit_of(rest_.front());
      rest_.remove_prefix(1);
    }
    return out.digits != 0 ? std::optional(std::move(out)) : std::nullopt;
  }

  // 0 where it is no class of digits.
  std::uint16_t digits_of_class() {
    std::uint16_t out = 0;
    while (!rest_.empty() && !rest_.starts_with("]")) {
      if (take("\\d")) {
        out = any_digit;
        continue;
      }
      const char first = rest_.front();
      rest_.remove_prefix(1);
      const bool is_range = take("-");
      const char last = is_range && !rest_.empty() ? rest_.front() : first;
      if (!is_digit(first) || !is_digit(last) || last < first) return 0;
      if (is_range) rest_.remove_prefix(1);
      for (char digit = first; digit <= last; ++digit) out = static_cast<std::uint16_t>(out | bit_of(digit));
    }
    return take("]") ? out : std::uint16_t{0};
  }

  std::optional<int> number() {
    int out = 0;
    if (rest_.empty() || !is_digit(rest_.front())) return std::nullopt;
    while (!rest_.empty() && is_digit(rest_.front()) && out <= repeats_max) {
      out = out * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return out <= repeats_max ? std::optional(out) : std::nullopt;
  }

  // What stands behind a part and repeats it; false if it cannot be read.
  bool repeat(digit_pattern& part) {
    std::optional<int> least;
    std::optional<int> most;
    if (take("?")) {
      least = 0;
      most = 1;
    } else if (take("{")) {
      least = number();
      most = take(",") ? number() : least;
      if (!take("}")) return false;
    } else {
      return true;
    }
    if (!least || !most || *most < *least) return false;
    // A second sign would make the first one lazy or greedy: the metadata has none.
    if (rest_.starts_with("?") || rest_.starts_with("+") || rest_.starts_with("{")) return false;
    digit_pattern inner = std::move(part);
    part = {.is = digit_pattern::kind::repeated, .parts = {}, .least = *least, .most = *most};
    part.parts.push_back(std::move(inner));
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<digit_pattern> parse_digit_pattern(std::string_view text) {
  return pattern_parser(text).whole();
}

}  // namespace sendcode::domain
