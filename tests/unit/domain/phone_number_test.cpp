#include "worker/domain/phone_number.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using domain::mask;
using domain::parse_phone_number;

namespace {

std::string e164(std::string_view text, std::string_view country) {
  const auto number = parse_phone_number(text, country);
  return number ? number->e164 : "not a number";
}

std::string masked(std::string_view text) {
  return mask(*parse_phone_number(text, "AU"));
}

}  // namespace

TEST_CASE("a number is read international, or national for the country") {
  for (const char* text :
       {"+61491570006", "+61 491 570 006", "+61 (0)491-570-006", "0491 570 006", "0011 61 491 570 006", "491570006",
        "+61491570006 ext. 12", "＋６１４９１５７０００６", "tel:+61-491-570-006", " 0491.570.006 "}) {
    INFO(text);
    CHECK(e164(text, "AU") == "+61491570006");
  }
  CHECK(e164("00 61 491 570 006", "DE") == "+61491570006");  // 00 is what one dials from most countries
  CHECK(e164("(202) 555-0123", "US") == "+12025550123");
  CHECK(e164("07700 900123", "GB") == "+447700900123");
  CHECK(e164("06 12345678", "IT") == "+390612345678");  // Italy's zero belongs to the number
  CHECK(e164("+61491570006", "ZZ") == "+61491570006");  // an international number needs no country
}

TEST_CASE("what is no number is told as such") {
  for (const char* text : {"", "+", "hello", "+61", "+999123456789", "+6149157000612345678901", "\n"}) {
    INFO(text);
    CHECK_FALSE(parse_phone_number(text, "AU"));
  }
  CHECK_FALSE(parse_phone_number("0491570006", "ZZ"));
  CHECK_FALSE(parse_phone_number("0491570006", ""));
  CHECK_FALSE(parse_phone_number(std::string(300, '1'), "AU"));
}

TEST_CASE("what can be read as a number and is none is not valid") {
  for (const char* text : {"12", "+6149157000", "+614915700061", "0000000000", "+1 555 01"}) {
    INFO(text);
    const auto number = parse_phone_number(text, "AU");
    if (number) CHECK_FALSE(number->valid);
  }
}

TEST_CASE("a number says its country, its type and whether it is valid") {
  const auto mobile = *parse_phone_number("+61491570006", "");
  CHECK(mobile.country == "AU");
  CHECK(mobile.calling_code == 61);
  CHECK(mobile.main_country == "AU");
  CHECK(mobile.valid);
  CHECK(mobile.textable_type);
  CHECK_FALSE(mobile.of_no_country);
  CHECK(mobile.national_digits() == "491570006");
  CHECK(mobile.prefix() == "+614915");

  CHECK_FALSE(parse_phone_number("+61299990000", "")->textable_type);  // a landline
  CHECK(parse_phone_number("+12025550123", "")->textable_type);        // fixed or mobile
  CHECK_FALSE(parse_phone_number("+18005550123", "")->textable_type);  // toll-free
  const auto canadian = *parse_phone_number("+14165550123", "");
  CHECK(canadian.country == "CA");
  CHECK(canadian.main_country == "US");
  const auto wrong = *parse_phone_number("+61000000000", "");
  CHECK_FALSE(wrong.valid);
}

TEST_CASE("the codes of no country are told apart") {
  for (const char* text : {"+80012345678", "+80812345678", "+870773111632", "+881612345678", "+882161234567",
                           "+883510000000091", "+88812345678901", "+979123456789", "+878101234567890"}) {
    INFO(text);
    const auto number = parse_phone_number(text, "");
    if (!number) continue;  // a code that this metadata does not know
    CHECK(number->of_no_country);
    CHECK(number->country.empty());
  }
  CHECK(parse_phone_number("+80012345678", "")->of_no_country);
}

TEST_CASE("a mask shows the calling code, and the last two digits of a main region's long number") {
  CHECK(masked("+61491570006") == "+61*******06");
  CHECK(masked("+12025550123") == "+1********23");
  CHECK(masked("+14165550123") == "+1**********");    // Canada: +1's main region is the US
  CHECK(masked("+447700900123") == "+44**********");  // not valid, so of no region that is known
  CHECK(masked("+447400123456") == "+44********56");
  CHECK(masked("+441481960194") == "+44**********");  // Guernsey
  CHECK(masked("+4712345678").starts_with("+47"));
  CHECK(masked("+6834000") == "+683****");  // Niue: fewer than 8 digits
  CHECK(masked("+80012345678") == "+800********");
}

TEST_CASE("a mask has as many signs as the number, and never more than its last two digits") {
  for (const char* text :
       {"+61491570006", "+4915123456789", "+2903123", "+8613812345678", "+35812345", "+390612345678"}) {
    const auto number = parse_phone_number(text, "");
    REQUIRE(number);
    const auto out = mask(*number);
    INFO(out);
    CHECK(out.size() == number->e164.size());
    const auto national = out.substr(out.size() - number->national_digits().size());
    CHECK(national.find_first_not_of('*') >= national.size() - 2);
  }
}

TEST_CASE("ranges for fiction are known to their edges") {
  for (const char* text :
       {"+12025550100", "+19995550199", "+447700900000", "+447700900999", "+442079460000", "+441632960999",
        "+61491570006", "+61491570156", "+61491570157", "+61491570159", "+61491570804"}) {
    INFO(text);
    CHECK(domain::is_fictional(text));
  }
  for (const char* text :
       {"", "+1", "+12025550099", "+12025550200", "+1202555012", "+120255501234", "+447700899999", "+447700901000",
        "+4477009001234", "+61491570007", "+61491570155", "+61491570160", "+15005550006", "12025550100"}) {
    INFO(text);
    CHECK_FALSE(domain::is_fictional(text));
  }
}
