#include "worker/domain/message_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sendcode::domain {
namespace {

struct wording {
  std::string_view language;  // ISO 639-1
  std::string_view before_code;
};

// The code stands at the end in every language, as in the fixed English text.
constexpr std::array<wording, 7> wordings = {{
    {"en", "Your verification code is "},
    {"de", "Ihr Bestätigungscode lautet "},
    {"es", "Su código de verificación es "},
    {"fr", "Votre code de vérification est "},
    {"it", "Il tuo codice di verifica è "},
    {"nl", "Uw verificatiecode is "},
    {"sv", "Din verifieringskod är "},
}};

struct home {
  std::string_view country;
  std::string_view language;
};

// Countries where one language of the table is nearly everybody's.
constexpr std::array<home, 16> homes = {{
    {"AR", "es"},
    {"AT", "de"},
    {"CL", "es"},
    {"CO", "es"},
    {"DE", "de"},
    {"ES", "es"},
    {"FR", "fr"},
    {"IT", "it"},
    {"LI", "de"},
    {"MX", "es"},
    {"NL", "nl"},
    {"PE", "es"},
    {"SE", "sv"},
    {"SM", "it"},
    {"UY", "es"},
    {"VE", "es"},
}};

const wording* find_wording(std::string_view language) {
  const auto found = std::ranges::find(wordings, language, &wording::language);
  return found == wordings.end() ? nullptr : &*found;
}

const wording& choose(std::string_view locale, std::string_view country) {
  std::string language(locale.substr(0, locale.find_first_of("-_")));
  std::ranges::transform(language, language.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (const auto* asked = find_wording(language)) return *asked;
  if (const auto at = std::ranges::find(homes, country, &home::country); at != homes.end()) {
    if (const auto* local = find_wording(at->language)) return *local;
  }
  return wordings.front();
}

}  // namespace

std::string message_text(std::string_view code, std::string_view locale, std::string_view country) {
  const auto& chosen = choose(locale, country);
  std::string out;
  out.reserve(chosen.before_code.size() + code.size());
  out += chosen.before_code;
  out += code;
  return out;
}

}  // namespace sendcode::domain
