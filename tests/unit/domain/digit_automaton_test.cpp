#include "worker/domain/digit_automaton.hpp"

#include <string>

#include "tests/catch.hpp"

using sendcode::domain::digit_automaton;

namespace {

digit_automaton compiled(std::string_view pattern) {
  auto out = digit_automaton::compile({&pattern, 1});
  REQUIRE(out);
  return std::move(*out);
}

bool matches(std::string_view pattern, std::string_view digits) {
  return compiled(pattern).match_whole(digits) == 1;
}

}  // namespace

TEST_CASE("a pattern of digits matches what it says, and all of it") {
  for (const auto& [pattern, good] : {std::pair{"12", "12"},
                                      {"1\\d", "19"},
                                      {"[2-478]", "8"},
                                      {"[2-478]", "3"},
                                      {"1|23", "23"},
                                      {"1(?:2|3)4", "134"},
                                      {"12?", "1"},
                                      {"12?", "12"},
                                      {"\\d{3}", "123"},
                                      {"1\\d{2,4}", "123"},
                                      {"1\\d{2,4}", "12345"},
                                      {"(?:12){2}", "1212"},
                                      {"1(?:2\\d)?3", "13"},
                                      {"1(?:2\\d)?3", "1293"},
                                      {"(1)2", "12"},
                                      {"[\\d]", "0"}}) {
    INFO(pattern << " " << good);
    CHECK(matches(pattern, good));
  }
  for (const auto& [pattern, bad] : {std::pair{"12", "1"},
                                     {"12", "123"},
                                     {"[2-478]", "5"},
                                     {"1|23", "123"},
                                     {"12?", "122"},
                                     {"\\d{3}", "12"},
                                     {"\\d{3}", "1234"},
                                     {"1\\d{2,4}", "12"},
                                     {"1\\d{2,4}", "123456"},
                                     {"(?:12){2}", "12"},
                                     {"1", ""},
                                     {"\\d", "a"},
                                     {"\\d{2}", "1a"}}) {
    INFO(pattern << " " << bad);
    CHECK_FALSE(matches(pattern, bad));
  }
}

TEST_CASE("every pattern that matches is told, from one walk") {
  const std::string_view patterns[] = {"4\\d{2}", "41\\d", "5\\d{2}", "\\d{3}"};
  const auto automaton = digit_automaton::compile(patterns);
  REQUIRE(automaton);
  CHECK(automaton->match_whole("419") == 0b1011);
  CHECK(automaton->match_whole("429") == 0b1001);
  CHECK(automaton->match_whole("599") == 0b1100);
  CHECK(automaton->match_whole("41") == 0);
}

TEST_CASE("a pattern matches a beginning as soon as it is through") {
  CHECK(compiled("0|(183[12])").match_beginning("0491") == 1);
  CHECK(compiled("0|(183[12])").match_beginning("1831") == 1);
  CHECK(compiled("0|(183[12])").match_beginning("1833") == 0);
  CHECK(compiled("0?").match_beginning("") == 1);  // no sign at all is enough
  CHECK(compiled("12").match_beginning("1") == 0);
}

TEST_CASE("a pattern with very many ways to the same digits is compiled all the same") {
  CHECK(matches("(?:1?){32}2", "112"));
  CHECK_FALSE(matches("(?:1?){32}2", "12121"));
}

TEST_CASE("what is not of the metadata's patterns is refused, not guessed") {
  for (const std::string_view pattern :
       {"1*", "1+",  "1{2,}", "1{,2}", "1{40}", "1??",   "1{2}?", "(?=1)", "(?!1)", "^1", "1$",
        "a",  "\\w", "[^1]",  "[]",    "[1",    "[2-1]", "(1",    "1)",    "\\",    "{2}"}) {
    INFO(pattern);
    CHECK_FALSE(digit_automaton::compile({&pattern, 1}));
  }
  CHECK_FALSE(digit_automaton::compile({}));
  const std::vector<std::string_view> too_many(digit_automaton::patterns_max + 1, "1");
  CHECK_FALSE(digit_automaton::compile(too_many));
  const std::string deep = std::string(100, '(') + "1" + std::string(100, ')');
  const std::string_view deep_view = deep;
  CHECK_FALSE(digit_automaton::compile({&deep_view, 1}));
  const std::string_view vast = "(?:(?:(?:\\d{32}){32}){32}){32}";
  CHECK_FALSE(digit_automaton::compile({&vast, 1}));
}
