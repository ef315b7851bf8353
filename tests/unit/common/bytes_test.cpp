#include "common/bytes.hpp"

#include <optional>

#include "tests/catch.hpp"
#include "tests/unit/seed.hpp"

using namespace sendcode;

namespace {

// By the table of well-formed sequences in the Unicode standard (3.9, table 3-7), row by row.
bool is_utf8_by_the_table(std::string_view text) {
  struct row {
    unsigned char lead_first, lead_last, second_first, second_last;
    std::size_t length;
  };
  constexpr row rows[] = {{0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                          {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
                          {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t taken = 0;
    for (const auto& r : rows) {
      if (at(i) < r.lead_first || at(i) > r.lead_last || i + r.length > text.size()) continue;
      bool fits = r.length == 1 || (at(i + 1) >= r.second_first && at(i + 1) <= r.second_last);
      for (std::size_t k = 2; k < r.length; ++k) fits = fits && at(i + k) >= 0x80 && at(i + k) <= 0xBF;
      if (fits) taken = r.length;
    }
    if (taken == 0) return false;
    i += taken;
  }
  return true;
}

std::string random_bytes(tests::seeded& random, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += random.byte();
  return out;
}

}  // namespace

TEST_CASE("base64 is that of RFC 4648, with padding and without") {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CHECK(to_base64(plain) == encoded);
    CHECK(from_base64(encoded) == plain);
    const std::string bare = encoded.substr(0, encoded.find('='));
    CHECK(to_base64url(plain) == bare);
    CHECK(from_base64url(bare) == plain);
  }
  CHECK(to_base64url("\xFB\xFF\xFE") == "-__-");
  CHECK(to_base64("\xFB\xFF\xFE") == "+//+");
}

TEST_CASE("base64 of another form is refused") {
  for (const char* text :
       {"Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm9-", "Zm8=A", "Z=g="}) {
    INFO(text);
    CHECK_FALSE(from_base64(text));
  }
  for (const char* text : {"Z", "Zg==", "Zm9+", "Zm9/", "Zm 9", "Zm9vY"}) {
    INFO(text);
    CHECK_FALSE(from_base64url(text));
  }
}

TEST_CASE("base64 has one form for each text: bits behind the last byte are zero") {
  CHECK_FALSE(from_base64("Zh=="));
  CHECK_FALSE(from_base64("Zm9="));
  CHECK_FALSE(from_base64url("Zh"));
  CHECK_FALSE(from_base64url("Zm9"));
}

TEST_CASE("hex is written in lower case and read in either") {
  CHECK(to_hex(std::string_view("\x00\x9f\xff", 3)) == "009fff");
  CHECK(from_hex("009FfF") == std::string("\x00\x9f\xff", 3));
  CHECK(from_hex("") == "");
  CHECK(from_hex("0").error() == encoding_error::bad_length);
  CHECK(from_hex("0g").error() == encoding_error::bad_character);
  CHECK(from_hex("0 ").error() == encoding_error::bad_character);
}

TEST_CASE("a form encodes all but letters, digits and four signs") {
  std::string out;
  append_form_encoded(out, "a+b c&d=e%f/é~*-._");
  CHECK(out == "a%2Bb+c%26d%3De%25f%2F%C3%A9%7E*-._");
  CHECK(from_form_encoded(out) == "a+b c&d=e%f/é~*-._");
  CHECK(from_form_encoded("%2b%C3%a9") == "+é");
  for (const char* text : {"%", "a%", "%2", "a%2", "%2g", "%g2", "%%20"}) {
    INFO(text);
    CHECK_FALSE(from_form_encoded(text));
  }
}

TEST_CASE("any bytes come back from base64, hex and a form") {
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  for (int round = 0; round < 500; ++round) {
    const std::string bytes = random_bytes(random, random.below(70));
    CHECK(from_base64(to_base64(bytes)) == bytes);
    CHECK(from_base64url(to_base64url(bytes)) == bytes);
    CHECK(from_hex(to_hex(bytes)) == bytes);
    std::string form;
    append_form_encoded(form, bytes);
    CHECK(from_form_encoded(form) == bytes);
  }
}

TEST_CASE("UTF-8 at its edges") {
  for (const char* good : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "é漢😀"}) {
    CHECK(is_valid_utf8(good));
  }
  CHECK(is_valid_utf8(std::string_view("\0", 1)));
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF",
                          "\xC2", "\xE2\x82", "\xF0\x9F\x98", "a\xC2z"}) {
    CHECK_FALSE(is_valid_utf8(bad));
  }
}

TEST_CASE("UTF-8 is judged as the standard's table does, for all pairs of bytes and many random texts") {
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      if (is_valid_utf8(text) != is_utf8_by_the_table(text)) FAIL(to_hex(text));
    }
  }
  constexpr std::string_view likely = "\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xED\xEF\xF0\xF4\xF5";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = random.below(6); i-- > 0;) {
      text += random.one_in(3) ? random.byte() : likely[random.below(likely.size())];
    }
    if (is_valid_utf8(text) != is_utf8_by_the_table(text)) FAIL(to_hex(text));
  }
}

TEST_CASE("numbers are written with their most significant byte first") {
  CHECK(to_hex(to_big_endian(0x0102030405060708)) == "0102030405060708");
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{255}, UINT64_MAX}) {
    CHECK(from_big_endian(to_big_endian(value)) == value);
  }
}
