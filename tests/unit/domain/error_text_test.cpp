#include "worker/domain/error_text.hpp"

#include <string>

#include "tests/catch.hpp"

using sendcode::domain::error_text;

TEST_CASE("an error's words say what it means and, behind a colon, what to do", "[error_text]") {
  int known = 0;
  for (std::uint32_t code = 0; code < 100'000; ++code) {
    const auto text = error_text(code);
    if (text.empty()) continue;
    ++known;
    CAPTURE(code);
    CHECK(text.find(": ") != text.npos);
    CHECK(text.size() <= sendcode::domain::error_text_bytes_max);
    // Plain words: they stand unescaped in JSON and on a terminal.
    for (const char c : text) CHECK((c >= ' ' && c <= '~' && c != '"' && c != '\\'));
  }
  CHECK(known >= 60);
}

TEST_CASE("the codes that Twilio tells of delivery have words, and no others are invented", "[error_text]") {
  for (const std::uint32_t code : {30001U, 30002U, 30003U, 30004U, 30005U, 30006U, 30007U, 30008U, 30009U, 30010U,
                                   30011U, 30017U, 30018U, 30019U, 30022U, 30023U, 30032U, 30034U, 30035U, 30036U,
                                   30038U, 30039U, 30042U, 30044U, 30410U, 30450U, 30453U, 30454U}) {
    CAPTURE(code);
    CHECK_FALSE(error_text(code).empty());
  }
  for (const std::uint32_t code : {0U, 1U, 30000U, 30013U, 39999U, UINT32_MAX}) CHECK(error_text(code).empty());
  CHECK(error_text(30005) == "the number is unknown or out of service: ask the person to check it");
}
