#pragma once

#include <string>
#include <string_view>

namespace sendcode::domain {

// The fixed text with the code in it, in the recipient's language: `locale` (BCP 47), else the country's, else English.
// One segment in each: GSM-7, or at most 70 UCS-2 characters. The caller wipes it.
std::string message_text(std::string_view code, std::string_view locale, std::string_view country);

}  // namespace sendcode::domain
