#include "common/form.hpp"

#include "tests/catch.hpp"

using namespace sendcode;

TEST_CASE("a form's fields come decoded and in their order", "[form]") {
  const auto fields = parse_form("To=%2B61491570006&Body=a+b%20c&empty=&bare&&To=again&x=1=2&", 64);
  REQUIRE(fields);
  CHECK(*fields ==
        form_fields{
            {"To", "+61491570006"}, {"Body", "a b c"}, {"empty", ""}, {"bare", ""}, {"To", "again"}, {"x", "1=2"}});
  CHECK(parse_form("", 64)->empty());
  CHECK(parse_form("&&&", 0)->empty());
}

TEST_CASE("a form of too many fields, or wrongly encoded, is refused", "[form]") {
  CHECK(parse_form("a&b&c", 3)->size() == 3);
  CHECK(parse_form("a&b&c&d", 3).error() == form_error::too_many_fields);
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%=a", "a&b=%4g"}) {
    CAPTURE(text);
    CHECK(parse_form(text, 64).error() == form_error::bad_encoding);
  }
}

TEST_CASE("a field that is there more than once is not taken", "[form]") {
  const form_fields fields{{"a", "1"}, {"b", "2"}, {"a", "1"}, {"A", "3"}, {"c", ""}};
  CHECK_FALSE(only_field(fields, "a"));
  CHECK_FALSE(only_field(fields, "d"));
  CHECK(only_field(fields, "b") == "2");
  CHECK(only_field(fields, "A") == "3");
  CHECK(only_field(fields, "c") == "");
}
