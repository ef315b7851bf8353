#include "worker/app/commands/masked_text.hpp"

#include "tests/catch.hpp"

using namespace sendcode::app;

TEST_CASE("phone numbers are masked wherever they stand, however they are written") {
  CHECK(masked("+61491570006") == "+61*******06");
  CHECK(masked("call +61 491 570 006, now") == "call +61*******06, now");
  CHECK(masked("0491 570 006") == "**********");
  CHECK(masked("(0491) 570-006") == "(**********");
  CHECK(masked("0061491570006") == "*************");
  CHECK(masked("tel:61491570006;x") == "tel:***********;x");
  CHECK(masked("+99999999999") == "***********");  // no such number
  CHECK(masked("０４９１５７０００６") == "**********");
  CHECK(masked("٠٤٩١٥٧٠٠٠٦") == "**********");
  CHECK(masked("۰۴۹۱۵۷۰۰۰۶") == "**********");
}

TEST_CASE("what is no phone number stays") {
  for (const auto* text : {"", "123456", "2026-11-23T08:15:30.1234567Z", "on 2026-11-23 at 08:15:30", "a-1-b",
                           "123456789012345678", "résumé", "+", "env_live"}) {
    INFO(text);
    CHECK(masked(text) == text);
  }
}

TEST_CASE("an identifier is masked only if it is a number as a whole") {
  CHECK(masked_id("evt-20261123-000123") == "evt-20261123-000123");
  CHECK(masked_id("01JD9Q6Y3M8W5T1V7K2R4N0PXA") == "01JD9Q6Y3M8W5T1V7K2R4N0PXA");
  CHECK(masked_id("+61491570006") == "+61*******06");
  CHECK(masked_id("61491570006") == "***********");
  CHECK(masked_id("") == "");
}

TEST_CASE("what is printed moves no cursor, is UTF-8, and no longer than it may be") {
  CHECK(printable("a\x1b[2J\n\x7f", 99) == "a\\x1b[2J\\x0a\\x7f");
  CHECK(printable("é", 99) == "é");
  CHECK(printable("\xff", 99) == "\\xff");
  CHECK(printable("aé", 2) == "a…");
  CHECK(printable("abc", 2) == "ab…");
}
