#include "common/json_cursor.hpp"

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using sendcode::json_cursor;

namespace {

bool accepts(const std::string& text) {
  json_cursor in(text);
  return in.skip() && in.at_end();
}

}  // namespace

TEST_CASE("what is JSON is passed over whole", "[json_cursor]") {
  for (const char* text : {"{}", "[]", " [ 1 , 2 ] ", "\"\"", "0", "-0", "-1.5e+10", "1E5", "true", "false", "null",
                           R"({"a":{"b":[{"c":null}]},"d":"\u00e9\n\"\\"})", "\t{\r\n}\n"}) {
    CAPTURE(text);
    CHECK(accepts(text));
  }
}

TEST_CASE("what is not JSON is refused", "[json_cursor]") {
  for (const char* text :
       {"",   " ",  "{",   "}",   "[1,]", "{\"a\":1,}", "[,1]", "[1 2]",  "{\"a\" 1}", "{1:2}", "01",  "1.", ".5",
        "+1", "1e", "--1", "0x1", "nul",  "tru",        "\"",   "\"\\\"", "\"\x01\"",  "[1]]",  "1 2", "'a'"}) {
    CAPTURE(text);
    CHECK_FALSE(accepts(text));
  }
  CHECK(accepts(std::string(16, '[') + std::string(16, ']')));
  CHECK_FALSE(accepts(std::string(17, '[') + std::string(17, ']')));
}

TEST_CASE("strings are unescaped where asked", "[json_cursor]") {
  const auto read = [](const std::string& json) {
    std::string out;
    json_cursor in(json);
    return in.text(out) ? out : "refused";
  };
  CHECK(read(R"("plain é")") == "plain é");
  CHECK(read(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(read(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "Aé€😀");
  for (const char* text : {R"("\x")", R"("\u12")", R"("\u12g4")", R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\u0041")",
                           R"("\ude00")", R"("\u+123")", "\"abc", "17"}) {
    CAPTURE(text);
    CHECK(read(text) == "refused");
  }
}

TEST_CASE("a name is what it means, however it is escaped", "[json_cursor]") {
  std::vector<std::string> names;
  const std::string text = R"({"a":1,"\u0062":2,"":3})";
  json_cursor in(text);
  CHECK(in.object([&](std::string_view name) {
    names.emplace_back(name);
    return in.skip();
  }));
  CHECK(names == std::vector<std::string>{"a", "b", ""});
}

TEST_CASE("on random bytes it agrees with a full parser, and never reads beyond the end", "[json_cursor]") {
  std::mt19937 random(20261123);
  const std::string alphabet = "{}[]\",:\\u0123456789-+.eEtrufalsn \n\tx";
  const std::string seeds[] = {R"({"a":[1,2.5e3,{"b":"\u0041\n"}],"c":null,"d":true})", R"([[],{},"x",-0.1,false])"};
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seeds[random() % 2];
    for (std::size_t edits = random() % 4; edits > 0 && !text.empty(); --edits) {
      const auto at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1);
      } else {
        text[at] = alphabet[random() % alphabet.size()];
      }
    }
    const std::string exact(text.begin(), text.end());
    CAPTURE(exact);
    const bool json = nlohmann::json::accept(exact);
    good += json ? 1 : 0;
    // Escapes are only looked into where they are asked for: it may take a string that is none.
    if (json || exact.find('\\') == std::string::npos) CHECK(accepts(exact) == json);
  }
  CHECK(good > 1'000);
}
