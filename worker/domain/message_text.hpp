#pragma once

#include <string>
#include <string_view>

namespace sendcode::domain {

// The fixed text with the code in it, in the recipient's language: that of `locale` (BCP 47) if message_texts.tsv has
// it in the locale's script, else that of the number's country (ISO 3166-1), else English. One segment in each: GSM-7,
// or at most 70 UCS-2 characters. Allocates the result alone, once; the caller wipes it.
std::string message_text(std::string_view code, std::string_view locale, std::string_view country);

}  // namespace sendcode::domain
