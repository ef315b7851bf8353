#include "worker/domain/message_text.hpp"

#include <set>

#include "common/bytes.hpp"
#include "tests/catch.hpp"

using namespace sendcode;
using domain::message_text;

namespace {

// GSM 03.38's default alphabet, without its extension table (two septets each, and none of our texts needs one).
constexpr std::string_view gsm7 =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà";

std::vector<std::string> characters(std::string_view utf8) {
  std::vector<std::string> out;
  for (const char c : utf8) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) out.emplace_back();
    out.back() += c;
  }
  return out;
}

bool is_one_segment(std::string_view text) {
  const auto letters = characters(text);
  const auto alphabet = characters(gsm7);
  const std::set<std::string> known(alphabet.begin(), alphabet.end());
  bool all_gsm7 = true;
  std::size_t utf16_units = 0;
  for (const auto& letter : letters) {
    all_gsm7 = all_gsm7 && known.contains(letter);
    utf16_units += letter.size() == 4 ? 2U : 1U;
  }
  return all_gsm7 ? letters.size() <= 160 : utf16_units <= 70;
}

}  // namespace

TEST_CASE("the text in English is the fixed one") {
  CHECK(message_text("123456", "", "") == "Your verification code is 123456");
  CHECK(message_text("012345", "en-AU", "DE") == "Your verification code is 012345");
}

TEST_CASE("the language is the locale's, else the country's, else English") {
  CHECK(message_text("123456", "de", "AU") == message_text("123456", "", "DE"));
  CHECK(message_text("123456", "DE-at", "AU") == message_text("123456", "de", ""));
  CHECK(message_text("123456", "fr-CA", "AU") == message_text("123456", "", "FR"));
  CHECK(message_text("123456", "es-419", "US") == message_text("123456", "", "MX"));
  CHECK(message_text("123456", "tlh", "DE") == message_text("123456", "", "DE"));  // a locale that we have no text for
  CHECK(message_text("123456", "tlh", "CH") == message_text("123456", "en", ""));  // several languages: English
  CHECK(message_text("123456", "deu", "AU") == message_text("123456", "en", ""));  // a subtag, not a beginning
  CHECK(message_text("123456", "", "GB") == message_text("123456", "en", ""));
}

TEST_CASE("in every language the text is one segment, holds the code once and is UTF-8") {
  std::set<std::string> texts;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) texts.insert(message_text("948271", std::string{a, b}, ""));
    for (char b = 'A'; b <= 'Z'; ++b) {
      texts.insert(message_text("948271", "", std::string{static_cast<char>(a - 'a' + 'A'), b}));
    }
  }
  CHECK(texts.size() >= 7);
  for (const auto& text : texts) {
    INFO(text);
    CHECK(is_valid_utf8(text));
    CHECK(is_one_segment(text));
    CHECK(text.ends_with("948271"));
    CHECK(text.find("948271") == text.rfind("948271"));
  }
}
