#include "tests/integration/end_to_end/traces.hpp"

#include <cctype>

namespace sendcode::e2e {
namespace {

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Calls `each` with where every run of digits begins and how long it is.
template <typename Each>
void for_digit_runs(std::string_view text, const Each& each) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    each(at, end - at);
    at = end;
  }
}

}  // namespace

std::unordered_set<std::string> six_digit_words(std::string_view text) {
  std::unordered_set<std::string> out;
  for_digit_runs(text, [&](std::size_t at, std::size_t size) {
    if (size != 6) return;
    const bool begins = at == 0 || (!is_word_character(text[at - 1]) && text[at - 1] != '.' && text[at - 1] != '+');
    if (begins && (at + 6 == text.size() || !is_word_character(text[at + 6]))) out.emplace(text.substr(at, 6));
  });
  return out;
}

std::set<std::string> phones_in(std::string_view text, const std::set<std::string>& phones) {
  std::unordered_set<std::string_view> wanted;
  std::set<std::size_t> sizes;
  for (const auto& phone : phones) {
    const auto digits = std::string_view(phone).substr(1);
    wanted.insert(digits);
    sizes.insert(digits.size());
  }
  std::set<std::string> out;
  for_digit_runs(text, [&](std::size_t at, std::size_t length) {
    for (const auto size : sizes) {
      for (std::size_t i = at; i + size <= at + length; ++i) {
        const auto digits = text.substr(i, size);
        if (wanted.contains(digits)) out.insert('+' + std::string(digits));
      }
    }
  });
  return out;
}

}  // namespace sendcode::e2e
