#include "worker/domain/numbering_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/domain/phone_metadata.hpp"
#include "worker/domain/phone_number.hpp"

using namespace sendcode;
using domain::numbering_plan;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using tests::library;
using tests::regions;

namespace {

// What of a text libphonenumber says by itself, and what we say.
std::string said_by_library(const std::string& text, const std::string& country) {
  PhoneNumber number;
  if (library().Parse(text, country, &number) != PhoneNumberUtil::NO_PARSING_ERROR) return "not a number";
  std::string e164;
  std::string region;
  number.clear_extension();
  library().Format(number, PhoneNumberUtil::E164, &e164);
  library().GetRegionCodeForNumber(number, &region);
  if (region == "ZZ" || region == "001") region.clear();
  const auto type = library().GetNumberType(number);
  const bool textable =
      type == PhoneNumberUtil::MOBILE || type == PhoneNumberUtil::FIXED_LINE_OR_MOBILE || type == PhoneNumberUtil::VOIP;
  return fmt::format("{} +{} {} valid {} textable {}", e164, number.country_code(), region,
                     library().IsValidNumber(number), textable);
}

std::string said_by_us(const std::string& text, const std::string& country) {
  const auto number = domain::parse_phone_number(text, country);
  if (!number) return "not a number";
  return fmt::format("{} +{} {} valid {} textable {}", number->e164, number->calling_code, number->country,
                     number->valid, number->textable_type);
}

// The texts of which the two say something else. A check of each would take Catch longer than all of the work.
class comparison {
 public:
  void add(const std::string& text, const std::string& country) {
    ++compared_;
    const auto expected = said_by_library(text, country);
    const auto seen = said_by_us(text, country);
    if (seen != expected && wrong_.size() < 20) {
      wrong_.push_back(fmt::format("{} ({}): {}, not {}", text, country, seen, expected));
    }
  }
  const std::vector<std::string>& wrong() const { return wrong_; }
  int compared() const { return compared_; }

 private:
  std::vector<std::string> wrong_;
  int compared_ = 0;
};

std::vector<PhoneNumber> examples() {
  std::vector<PhoneNumber> out;
  PhoneNumber number;
  std::set<int> codes;
  library().GetSupportedGlobalNetworkCallingCodes(&codes);
  for (const auto& region : regions()) {
    for (int type = 0; type < PhoneNumberUtil::UNKNOWN; ++type) {
      const auto asked = static_cast<PhoneNumberUtil::PhoneNumberType>(type);
      if (library().GetExampleNumberForType(region, asked, &number)) out.push_back(number);
    }
    if (library().GetInvalidExampleNumber(region, &number)) out.push_back(number);
  }
  for (const int code : codes) {
    if (library().GetExampleNumberForNonGeoEntity(code, &number)) out.push_back(number);
  }
  return out;
}

std::string written(const PhoneNumber& number, PhoneNumberUtil::PhoneNumberFormat format) {
  std::string out;
  library().Format(number, format, &out);
  return out;
}

std::string some_digits(std::mt19937& random, std::size_t count) {
  std::string out;
  while (out.size() < count) out += static_cast<char>('0' + random() % 10);
  return out;
}

}  // namespace

TEST_CASE("every region's numbers of every type are what libphonenumber says, however they are written") {
  comparison all;
  for (const auto& number : examples()) {
    std::string country;
    library().GetRegionCodeForNumber(number, &country);
    const auto e164 = written(number, PhoneNumberUtil::E164);
    all.add(e164, "ZZ");
    all.add(e164, "AU");
    all.add(written(number, PhoneNumberUtil::INTERNATIONAL), "US");
    all.add(written(number, PhoneNumberUtil::NATIONAL), country);
    all.add(written(number, PhoneNumberUtil::RFC3966), "DE");
  }
  CHECK(all.compared() > 5'000);
  CHECK(all.wrong() == std::vector<std::string>{});
}

TEST_CASE("numbers beside the valid ones are what libphonenumber says") {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same numbers at every run
  comparison all;
  for (const auto& number : examples()) {
    const auto e164 = written(number, PhoneNumberUtil::E164);
    const auto code_size = std::to_string(number.country_code()).size() + 1;
    auto changed = e164;
    changed[code_size + random() % (e164.size() - code_size)] = static_cast<char>('0' + random() % 10);
    all.add(changed, "ZZ");
    all.add(e164 + some_digits(random, 1), "ZZ");
    all.add(e164.substr(0, e164.size() - 1), "ZZ");
    // A prefix of home, which must not stand there but often does.
    for (const char* prefix : {"0", "1", "8", "01", "183", "9"}) {
      auto prefixed = e164;
      all.add(prefixed.insert(code_size, prefix), "ZZ");
    }
  }
  CHECK(all.compared() > 9'000);
  CHECK(all.wrong() == std::vector<std::string>{});
}

TEST_CASE("seven digits behind +1, which are as long as no number of the United States, are what libphonenumber says") {
  comparison all;
  for (int first = 200; first < 1'000; ++first) all.add(fmt::format("+1{}{:04}", first, first), "ZZ");
  CHECK(all.compared() == 800);
  CHECK(all.wrong() == std::vector<std::string>{});
}

TEST_CASE("any digits behind any calling code are what libphonenumber says") {
  std::mt19937 random(2);  // NOLINT(cert-msc51-cpp): the same numbers at every run
  comparison all;
  std::set<int> codes;
  library().GetSupportedCallingCodes(&codes);
  for (const int code : codes) {
    for (int i = 0; i < 40; ++i) all.add(fmt::format("+{}{}", code, some_digits(random, 3 + random() % 11)), "ZZ");
  }
  for (int i = 0; i < 2'000; ++i) {
    all.add("+" + some_digits(random, 1 + random() % 18), "ZZ");
    auto national = some_digits(random, 1 + random() % 16);
    if (national.starts_with("00")) national.front() = '1';  // what 00 means is ours to say
    all.add(national, i % 2 == 0 ? "US" : "GB");
  }
  CHECK(all.compared() > 12'000);
  CHECK(all.wrong() == std::vector<std::string>{});
}

TEST_CASE("every calling code has a plan, and no other number has one") {
  std::set<int> codes;
  library().GetSupportedCallingCodes(&codes);
  for (int code = -1; code <= 1'001; ++code) {
    INFO(code);
    CHECK((numbering_plan::of_calling_code(code) != nullptr) == codes.contains(code));
  }
}

TEST_CASE("a plan tells the very type of every region's numbers") {
  int compared = 0;
  for (const auto& number : examples()) {
    std::string national;
    std::string region;
    library().GetNationalSignificantNumber(number, &national);
    library().GetRegionCodeForNumber(number, &region);
    const auto found = numbering_plan::of_calling_code(number.country_code())->find(national);
    INFO(number.country_code() << " " << national);
    CHECK(found.region == region);
    CHECK(found.type == library().GetNumberType(number));
    ++compared;
  }
  CHECK(compared > 1'000);
}

TEST_CASE("a calling code's patterns are compiled at its first number, once, whichever thread asks") {
  constexpr int norway = 47;
  std::vector<std::future<const numbering_plan*>> asked;
  for (int i = 0; i < 4; ++i) {
    asked.push_back(std::async(std::launch::async, [] { return numbering_plan::of_calling_code(norway); }));
  }
  const auto* const first = numbering_plan::of_calling_code(norway);
  REQUIRE(first != nullptr);
  for (auto& each : asked) CHECK(each.get() == first);
}

TEST_CASE("what the numbers of a calling code cost is bounded, and so is what those of all of them do") {
  std::set<int> codes;
  library().GetSupportedCallingCodes(&codes);
  std::size_t all = 0;
  std::size_t largest = 0;
  for (const int code : codes) {
    const auto size = numbering_plan::of_calling_code(code)->size_bytes();
    CHECK(size > 0);
    largest = std::max(largest, size);
    all += size;
  }
  CHECK(largest < 128 * 1'024);
  CHECK(all < 1'024 * 1'024);
}
