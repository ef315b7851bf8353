#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

// What may have been left where it must not stand, found in one pass over a text of any size.
namespace sendcode::e2e {

// Six digits as a word of their own: those inside of a longer number, a fraction, a hash or a calling code's prefix are
// none.
std::unordered_set<std::string> six_digit_words(std::string_view text);

// Which of these numbers, +61491570006, stand in the text, with or without their plus.
std::set<std::string> phones_in(std::string_view text, const std::set<std::string>& phones);

}  // namespace sendcode::e2e
