#include <fmt/format.h>

#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/domain/phone_metadata.hpp"
#include "worker/domain/libphonenumber.hpp"
#include "worker/domain/phone_number.hpp"

using namespace sendcode;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using tests::library;
using tests::regions;

namespace {

std::string written(const PhoneNumber& number, PhoneNumberUtil::PhoneNumberFormat format) {
  std::string out;
  library().Format(number, format, &out);
  return out;
}

struct example {
  std::string region;
  std::string e164;
  PhoneNumber number;
};

// A mobile, a landline and a toll-free number of each region, so that prefixes of each kind are among them.
std::vector<example> examples() {
  std::vector<example> out;
  for (const auto& region : regions()) {
    for (const auto type : {PhoneNumberUtil::MOBILE, PhoneNumberUtil::FIXED_LINE, PhoneNumberUtil::TOLL_FREE}) {
      example made{.region = region, .e164 = {}, .number = {}};
      if (!library().GetExampleNumberForType(region, type, &made.number)) continue;
      made.e164 = written(made.number, PhoneNumberUtil::E164);
      out.push_back(std::move(made));
    }
  }
  return out;
}

// Spellings that are read as another number than the one that they spell.
class spellings {
 public:
  void add(const std::string& text, const std::string& country, const std::string& expected) {
    ++read_;
    const auto number = domain::parse_phone_number(text, country);
    const std::string seen = !number ? "no number" : number->valid ? number->e164 : number->e164 + " (not valid)";
    if (seen != expected && wrong_.size() < 20) {
      wrong_.push_back(fmt::format("{} from {}: {}, not {}", text, country, seen, expected));
    }
  }
  const std::vector<std::string>& wrong() const { return wrong_; }
  int read() const { return read_; }

 private:
  std::vector<std::string> wrong_;
  int read_ = 0;
};

std::string with_digits(const std::string& text, const std::vector<std::string>& digits, const std::string& plus) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      out += digits[static_cast<std::size_t>(c - '0')];
    } else {
      out += c == '+' ? plus : std::string(1, c);
    }
  }
  return out;
}
std::string full_width(const std::string& text) {
  return with_digits(text, {"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"}, "＋");
}
std::string arabic_indic(const std::string& text) {
  return with_digits(text, {"٠", "١", "٢", "٣", "٤", "٥", "٦", "٧", "٨", "٩"}, "+");
}

std::string separated(const std::string& e164, const std::string& separator) {
  std::string out = e164.substr(0, 1);
  for (std::size_t at = 1; at < e164.size(); at += 3) out += (at == 1 ? "" : separator) + e164.substr(at, 3);
  return out;
}

}  // namespace

TEST_CASE("a number of any region is the same one in national and international spelling") {
  spellings all;
  for (const auto& [region, e164, number] : examples()) {
    const auto national = written(number, PhoneNumberUtil::NATIONAL);
    all.add(national, region, e164);
    all.add(full_width(national), region, e164);
    all.add(written(number, PhoneNumberUtil::INTERNATIONAL), "US", e164);
    all.add(written(number, PhoneNumberUtil::INTERNATIONAL), region, e164);
    all.add(written(number, PhoneNumberUtil::RFC3966), "", e164);
    all.add(e164, "", e164);
    all.add(e164, region, e164);
    all.add(full_width(e164), "", e164);
    all.add(arabic_indic(e164), "", e164);
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.read() > 5'000);
}

TEST_CASE("separators of every kind change nothing") {
  spellings all;
  for (const auto& [region, e164, number] : examples()) {
    for (const char* separator :
         {" ", "-", ".", "/", "  ", " - ", "\u00A0", "\u2010", "\u2013", "\u2212", "\u3000", "\u30FC"}) {
      all.add(separated(e164, separator), region, e164);
    }
    all.add(" \t" + e164 + " ", region, e164);
    all.add("(" + e164.substr(0, 3) + ") " + e164.substr(3), region, e164);
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.read() > 8'000);
}

TEST_CASE("an extension is left out, however it is written") {
  spellings all;
  for (auto& [region, e164, number] : examples()) {
    const auto national = written(number, PhoneNumberUtil::NATIONAL);
    for (const char* extension : {" ext. 12", " x12", "#12", " extension 12", ";ext=12", " ext 1234567"}) {
      all.add(national + extension, region, e164);
      all.add(e164 + extension, "", e164);
    }
    PhoneNumber extended = number;
    extended.set_extension("12");
    all.add(written(extended, PhoneNumberUtil::RFC3966), "", e164);
    all.add(written(extended, PhoneNumberUtil::INTERNATIONAL), "", e164);
    all.add(full_width(e164) + " ext. １２", "", e164);
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.read() > 8'000);
}

TEST_CASE("what is dialled from each region before another's calling code is read there") {
  spellings all;
  for (const auto& from : regions()) {
    for (const char* to : {"AU", "US", "DE", "IT", "BR", "SG"}) {
      PhoneNumber number;
      REQUIRE(library().GetExampleNumberForType(to, PhoneNumberUtil::MOBILE, &number));
      if (from == "HK" && std::string_view(to) == "US") continue;  // 001 is dialled there: see below
      std::string dialled;
      library().FormatOutOfCountryCallingNumber(number, from, &dialled);
      all.add(dialled, from, written(number, PhoneNumberUtil::E164));
      all.add(full_width(dialled), from, written(number, PhoneNumberUtil::E164));
    }
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.read() > 2'500);
}

TEST_CASE(
    "00 before the calling code of a number that can be texted is read whatever is dialled where one is, and nowhere") {
  spellings all;
  for (const auto& [region, e164, number] : examples()) {
    if (!domain::parse_phone_number(e164, "")->textable_type) continue;
    const auto digits = e164.substr(1);
    for (const char* from : {"AU", "US", "DE", "JP", "RU", "KE", "IT", ""}) {
      all.add("00" + digits, from, e164);
      all.add(fmt::format("00 {} ext. 12", separated(digits, " ")), from, e164);
      all.add(fmt::format("(00) {}", digits), from, e164);
      all.add(full_width("00" + digits), from, e164);
    }
    all.add("00" + digits, region, e164);
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.read() > 8'000);
}

TEST_CASE("where a carrier's digit is dialled after 00, that is what is read") {
  spellings all;
  all.add("001 20 10 0123 4567", "HK", "+201001234567");
  all.add("001 61 491 570 156", "SG", "+61491570156");
  all.add("00700 1 201 555 0123", "KR", "+12015550123");
  CHECK(all.wrong() == std::vector<std::string>{});
}

TEST_CASE("00 makes no number of what is none") {
  for (const char* text :
       {"00", "000", "00 0", "00+", "00 hello", "00999123456789", "0061", "00 00 61 491 570 006 999"}) {
    INFO(text);
    const auto number = domain::parse_phone_number(text, "AU");
    CHECK((!number || !number->valid));
  }
}
