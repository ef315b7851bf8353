#include "worker/domain/message_text.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "common/bytes.hpp"
#include "tests/catch.hpp"
#include "worker/domain/libphonenumber.hpp"
#include "worker/domain/message_tables.hpp"

using namespace sendcode;
using domain::homes;
using domain::message_text;
using domain::wordings;

namespace {

constexpr std::string_view code = "948271";

std::u32string characters(std::string_view utf8) {
  std::u32string out;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += byte;
    } else if (byte >= 0xC0) {
      out += byte & (byte >= 0xF0 ? 0x07U : byte >= 0xE0 ? 0x0FU : 0x1FU);
    } else {
      out.back() = out.back() << 6U | (byte & 0x3FU);
    }
  }
  return out;
}

// GSM 03.38: the default alphabet, a septet each, and the extension table, two septets each.
const std::u32string gsm_basic =
    U"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    U"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const std::u32string gsm_extension = U"\f^{}\\[~]|€";

// How many texts a telephone network makes of one: 160 septets, or 70 characters of UCS-2, fit in one; in each of
// several 153 or 67.
std::size_t segments(std::string_view text) {
  std::size_t septets = 0;
  std::size_t units = 0;
  bool is_gsm = true;
  for (const auto c : characters(text)) {
    const bool basic = gsm_basic.find(c) != std::u32string::npos;
    const bool extended = gsm_extension.find(c) != std::u32string::npos;
    is_gsm = is_gsm && (basic || extended);
    septets += extended ? 2 : 1;
    units += c > 0xFFFF ? 2 : 1;
  }
  const auto count = [](std::size_t size, std::size_t alone, std::size_t each) {
    return size <= alone ? 1 : (size + each - 1) / each;
  };
  return is_gsm ? count(septets, 160, 153) : count(units, 70, 67);
}

bool is_right_to_left(char32_t c) {
  return (c >= 0x0590 && c <= 0x08FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFC);
}
// Marks, isolates and overrides that change the direction of what follows.
bool is_direction_control(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

std::string whole(const domain::wording& of) {
  return std::string(of.before_code) + std::string(code) + std::string(of.after_code);
}

std::string in(std::string_view locale, std::string_view country = "") {
  return message_text(code, locale, country);
}

}  // namespace

TEST_CASE("the text in English is the fixed one") {
  CHECK(message_text("123456", "", "") == "Your verification code is 123456");
  CHECK(message_text("012345", "en-AU", "DE") == "Your verification code is 012345");
}

TEST_CASE("the counter of segments knows GSM 03.38's two tables and UCS-2") {
  CHECK(characters("aé€ह") == U"aé€ह");
  CHECK(segments(std::string(160, 'a')) == 1);
  CHECK(segments(std::string(161, 'a')) == 2);
  CHECK(segments(std::string(158, 'a') + "€") == 1);  // of the extension table: two septets
  CHECK(segments(std::string(159, 'a') + "€") == 2);
  CHECK(segments(std::string(159, 'a') + "à") == 1);
  CHECK(segments(std::string(69, 'a') + "á") == 1);  // in no table: all of it is UCS-2
  CHECK(segments(std::string(70, 'a') + "á") == 2);
  CHECK(segments(std::string(306, 'a')) == 2);
  CHECK(segments(std::string(307, 'a')) == 3);
}

TEST_CASE("there are at least 60 languages, and each one's text is one segment with the code in it once, in ASCII") {
  std::set<std::string_view> languages;
  std::set<std::string> texts;
  for (const auto& each : wordings()) {
    const auto text = whole(each);
    INFO(each.language << " " << each.script << ": " << text);
    languages.insert(each.language);
    texts.insert(text);
    CHECK(is_valid_utf8(text));
    CHECK(segments(text) == 1);
    CHECK(text.find(code) == text.rfind(code));
    const auto words = std::string(each.before_code) + "|" + std::string(each.after_code);
    CHECK(std::ranges::none_of(words, [](char c) { return c >= '0' && c <= '9'; }));
    // Beside the code stands nothing that a person could take for a part of it, or a phone for a word.
    CHECK(each.before_code.ends_with(' '));
    CHECK((each.after_code.empty() || each.after_code.starts_with(' ')));
    CHECK(std::ranges::all_of(characters(words), [](char32_t c) { return c >= ' ' && c <= 0xFFFF; }));
  }
  CHECK(languages.size() >= 60);
  // Written alike, such as Bosnian and Croatian, are few.
  CHECK(texts.size() + 3 >= wordings().size());
}

TEST_CASE("what is read from right to left begins so, without a control character") {
  int right_to_left = 0;
  for (const auto& each : wordings()) {
    INFO(each.language);
    const auto text = characters(whole(each));
    CHECK(std::ranges::none_of(text, is_direction_control));
    const bool is_rtl = each.script == "Arab" || each.script == "Hebr";
    CHECK(is_right_to_left(text.front()) == is_rtl);
    right_to_left += is_rtl ? 1 : 0;
  }
  CHECK(right_to_left >= 4);
  for (const char* language : {"ar", "he", "fa", "ur"}) {
    INFO(language);
    CHECK(is_right_to_left(characters(in(language)).front()));
  }
}

TEST_CASE("a language's rows stand together, and each is another script or region of it") {
  CHECK(std::ranges::is_sorted(wordings(), {}, &domain::wording::language));
  std::map<std::string_view, int> rows;
  for (const auto& each : wordings()) ++rows[each.language];
  for (const auto& [language, count] : rows) {
    INFO(language);
    CHECK((count == 1 || language == "zh" || language == "sr" || language == "pt"));
    CHECK(std::ranges::all_of(language, [](char c) { return c >= 'a' && c <= 'z'; }));
  }
}

TEST_CASE("each country's language has a text, and no country has two") {
  CHECK(homes().size() > 100);
  CHECK(std::ranges::is_sorted(homes(), {}, &domain::home::country));
  std::set<std::string> known;
  i18n::phonenumbers::PhoneNumberUtil::GetInstance()->GetSupportedRegions(&known);
  std::set<std::string_view> seen;
  for (const auto& each : homes()) {
    INFO(each.country);
    CHECK(seen.insert(each.country).second);
    CHECK(known.contains(std::string(each.country)));  // a region that a number can have
    REQUIRE(each.wording < wordings().size());
    CHECK(in("", each.country) == whole(wordings()[each.wording]));
  }
}

TEST_CASE("of every region that a number can have somebody has said what its language is") {
  std::ifstream file(SENDCODE_SOURCE_DIR "/worker/domain/message_texts.tsv");
  std::set<std::string> said;
  for (std::string line; std::getline(file, line);) {
    std::istringstream row(line);
    std::string tag;
    std::string script;
    std::string countries;
    if (line.starts_with('#') || !(row >> tag >> script)) continue;
    std::getline(row.ignore(), countries, '\t');
    std::istringstream each(countries);
    for (std::string country; each >> country;) said.insert(country);
  }
  std::set<std::string> regions;
  i18n::phonenumbers::PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
  for (const auto& region : regions) {
    INFO(region);
    CHECK(said.contains(region));
  }
}

TEST_CASE("the language is the locale's, else the country's, else English") {
  CHECK(in("de", "AU") == in("", "DE"));
  CHECK(in("DE-at", "AU") == in("de"));
  CHECK(in("fr-CA", "AU") == in("", "FR"));
  CHECK(in("es-419", "US") == in("", "MX"));
  CHECK(in("tlh", "DE") == in("", "DE"));  // a locale that we have no text for
  CHECK(in("tlh", "CH") == in("en"));      // several languages: English
  for (const char* country : {"BE", "CA", "CH", "LU", "SG", "IN", "ZA", "GB", "US", "ZZ", "", "D", "DEU"}) {
    INFO(country);
    CHECK(in("", country) == in("en"));
  }
  CHECK(in("deu", "AU") == in("en"));  // a subtag, not a beginning
  CHECK(in("d", "AU") == in("en"));
  CHECK(in("fi", "AU") != in("fil", "AU"));
  CHECK(in("de-DE-u-co-phonebk-x-private", "AU") == in("de"));
  CHECK(in("x-de", "AU") == in("en"));
  CHECK(in("-", "FR") == in("fr"));
  CHECK(in("de_AT", "AU") == in("de"));
  CHECK(in("sl-rozaj-biske", "AU") == in("sl"));
}

TEST_CASE("a script or region chooses among the texts of one language") {
  CHECK(in("zh") == in("", "CN"));
  CHECK(in("zh-Hant") == in("", "TW"));
  CHECK(in("zh-Hans") != in("zh-Hant"));
  for (const char* locale : {"zh-TW", "zh-HK", "zh-MO", "ZH-hant-hk", "zh-Hant-CN", "yue", "zh-yue", "yue-HK"}) {
    INFO(locale);
    CHECK(in(locale, "DE") == in("zh-Hant"));
  }
  for (const char* locale : {"zh-CN", "zh-SG", "zh-Hans-TW", "cmn", "zh-cmn-Hans", "yue-Hans", "zh-US"}) {
    INFO(locale);
    CHECK(in(locale, "DE") == in("zh-Hans"));
  }
  CHECK(in("pt") == in("pt-BR"));
  CHECK(in("pt-BR") == in("", "BR"));
  CHECK(in("pt-PT") == in("", "PT"));
  CHECK(in("pt-PT") != in("pt-BR"));
  CHECK(in("pt-AO") == in("pt-PT"));
  CHECK(in("sr") == in("sr-Cyrl"));
  CHECK(in("sr-RS") == in("sr-Cyrl"));
  CHECK(in("sr-Latn-RS") == in("sr-Latn"));
  CHECK(in("sr-ME") == in("sr-Latn"));
  CHECK(in("sr-Cyrl-ME") == in("sr-Cyrl"));
  CHECK(in("sr-Latn") != in("sr-Cyrl"));
}

TEST_CASE("tags that were renamed find their language") {
  const std::map<std::string, std::string> renamed = {
      {"iw", "he"},      {"in", "id"},       {"tl-PH", "fil"}, {"no", "nb"},     {"no-NO", "nb"}, {"mo", "ro"},
      {"sh", "sr-Latn"}, {"cnr", "sr-Latn"}, {"gsw-CH", "de"}, {"prs-AF", "fa"}, {"IW-il", "he"}, {"bs-BA", "hr"}};
  for (const auto& [from, to] : renamed) {
    INFO(from);
    CHECK(in(from, "US") == in(to, "US"));
    CHECK(in(from, "US") != in("en"));
  }
  CHECK(in("nn") != in("nb"));
}

TEST_CASE("a text in a script that the locale does not have is no text in its language") {
  CHECK(in("de-Latn") == in("de"));
  CHECK(in("ja-Jpan") == in("ja"));
  CHECK(in("ko-Kore-KR") == in("ko"));
  CHECK(in("uz-Cyrl", "UZ") == in("", "UZ"));
  CHECK(in("uz-Cyrl", "US") == in("en"));
  CHECK(in("az-IR", "IR") == in("fa"));  // Azerbaijani is written in Arabic letters there
  CHECK(in("az-Latn-IR", "IR") == in("az"));
  CHECK(in("kk-CN", "CN") == in("zh"));
  CHECK(in("kk-KZ", "KZ") == in("kk"));
}

TEST_CASE("the text is made at once, so that no copy of the code stays behind") {
  for (const auto& each : wordings()) {
    INFO(each.language);
    const auto text = in(each.language);
    CHECK(text.capacity() <= std::max<std::size_t>(text.size(), 30));  // 30: what a short string grows to at least
  }
}
