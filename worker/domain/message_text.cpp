#include "worker/domain/message_text.hpp"

#include <algorithm>
#include <array>

#include "worker/domain/message_tables.hpp"

namespace sendcode::domain {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}
bool before(std::string_view a, std::string_view b) noexcept {
  return std::ranges::lexicographical_compare(a, b, {}, lower, lower);
}
bool is_alpha(std::string_view subtag) noexcept {
  return std::ranges::all_of(subtag, [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; });
}

// What of a locale chooses a text. Subtags that it does not have are empty.
struct locale_parts {
  std::string_view language;
  std::string_view script;
  std::string_view region;
};

struct alias {
  std::string_view from;
  std::string_view to;
  std::string_view script;  // empty: the locale's own
};

// Tags that were renamed, and languages that are written as another one's (CLDR's aliases).
constexpr std::array<alias, 12> aliases = {{
    {"bs", "hr", ""},
    {"cmn", "zh", ""},
    {"cnr", "sr", "Latn"},
    {"gsw", "de", ""},
    {"in", "id", ""},
    {"iw", "he", ""},
    {"mo", "ro", ""},
    {"no", "nb", ""},
    {"prs", "fa", ""},
    {"sh", "sr", "Latn"},
    {"tl", "fil", ""},
    {"yue", "zh", "Hant"},
}};

struct regional_script {
  std::string_view language;
  std::string_view region;
  std::string_view script;
};

// Where a language is written in another script than elsewhere (CLDR's likely subtags).
constexpr std::array<regional_script, 4> regional_scripts = {{
    {"az", "IR", "Arab"},
    {"kk", "CN", "Arab"},
    {"mn", "CN", "Mong"},
    {"uz", "AF", "Arab"},
}};

std::string_view take_subtag(std::string_view& rest) noexcept {
  const auto end = std::min(rest.find_first_of("-_"), rest.size());
  const auto out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

locale_parts read_locale(std::string_view rest) noexcept {
  locale_parts out{.language = take_subtag(rest), .script = {}, .region = {}};
  auto next = take_subtag(rest);
  if (next.size() == 3 && is_alpha(next)) {  // zh-yue is yue
    out.language = next;
    next = take_subtag(rest);
  }
  if (next.size() == 4 && is_alpha(next)) {
    out.script = next;
    next = take_subtag(rest);
  }
  if (next.size() == 2 && is_alpha(next)) out.region = next;  // 419 and the like decide nothing here

  for (const auto& each : aliases) {
    if (!same(out.language, each.from)) continue;
    out.language = each.to;
    if (out.script.empty()) out.script = each.script;
    break;
  }
  for (const auto& each : regional_scripts) {
    if (out.script.empty() && same(out.language, each.language) && same(out.region, each.region)) {
      out.script = each.script;
    }
  }
  return out;
}

const wording* home_wording(std::string_view country) noexcept {
  const auto at = std::ranges::lower_bound(homes(), country, before, &home::country);
  return at != homes().end() && same(at->country, country) ? &wordings()[at->wording] : nullptr;
}

// Null where there is none in the locale's language and script.
const wording* locale_wording(std::string_view locale) noexcept {
  const auto asked = read_locale(locale);
  const auto* const regional = asked.region.empty() ? nullptr : home_wording(asked.region);
  const wording* usual = nullptr;
  for (const auto& each : std::ranges::equal_range(wordings(), asked.language, before, &wording::language)) {
    if (!asked.script.empty() && !same(each.script, asked.script)) continue;
    if (&each == regional) return &each;
    if (usual == nullptr) usual = &each;
  }
  return usual;
}

}  // namespace

std::string message_text(std::string_view code, std::string_view locale, std::string_view country) {
  const auto* chosen = locale_wording(locale);
  if (chosen == nullptr) chosen = home_wording(country);
  if (chosen == nullptr) chosen = &english();
  std::string out;
  // Whole at once: growing would leave copies of the code behind.
  out.reserve(chosen->before_code.size() + code.size() + chosen->after_code.size());
  out += chosen->before_code;
  out += code;
  out += chosen->after_code;
  return out;
}

}  // namespace sendcode::domain
