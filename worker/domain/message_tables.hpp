#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// message_texts.tsv as tables, made at build time (CMakeLists.txt): sorted, in constant storage.
namespace sendcode::domain {

struct wording {
  std::string_view language;  // a BCP 47 primary subtag in lower case; several rows where a script or region decides
  std::string_view script;    // ISO 15924: Latn
  std::string_view before_code;
  std::string_view after_code;
};

struct home {
  std::string_view country;  // ISO 3166-1
  std::uint16_t wording;     // its place among the wordings
};

std::span<const wording> wordings() noexcept;  // by language; of several rows of one the usual one is the first
std::span<const home> homes() noexcept;        // by country
const wording& english() noexcept;

}  // namespace sendcode::domain
