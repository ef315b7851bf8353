#include <fmt/format.h>
#include <phonenumbers/shortnumberinfo.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/domain/phone_metadata.hpp"
#include "worker/domain/admission.hpp"
#include "worker/domain/libphonenumber.hpp"

using namespace sendcode;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;
using tests::library;
using tests::regions;
using type = PhoneNumberUtil::PhoneNumberType;

namespace {

std::string e164(const PhoneNumber& number) {
  std::string out;
  library().Format(number, PhoneNumberUtil::E164, &out);
  return out;
}

// An environment that texts every country: only the number itself can be in the way.
class judged {
 public:
  judged() {
    domain::environment_settings environment;
    environment.environment_id = event_.environment_id = "env_live";
    environment.connection_id = event_.connection_id = domain::derive_connection_id("env_live");
    environment.applications = environment.phone_applications = {"app_web"};
    event_.application_id = "app_web";
    environment.sms.default_country = "AU";
    environment.sms.every_country = true;
    environment.sms.twilio = domain::twilio_settings{};
    environment.sms.twilio->auth_tokens = {{"token", std::make_shared<const secret>(std::string("a secret"))}};
    snapshot_.current = true;
    snapshot_.environments["env_live"] = std::make_shared<const domain::environment_settings>(std::move(environment));
  }

  // "texted", or the reason why not.
  std::string outcome(const std::string& number, const std::string& country = "") {
    event_.phone_number = number;
    event_.country = country;
    const auto verdict = domain::judge(event_, snapshot_, {});
    if (std::holds_alternative<domain::send_plan>(verdict)) return "texted";
    if (const auto* no = std::get_if<domain::rejection>(&verdict)) return std::string(domain::to_text(no->reason));
    return "held";
  }

 private:
  domain::settings_snapshot snapshot_;
  domain::send_code_event event_;
};

// Thousands of numbers, and only what is wrong is told: a check of each would take Catch longer than all of the work.
class findings {
 public:
  void add(const std::string& what, const std::string& seen, const std::string& expected) {
    ++seen_[seen];
    if (seen != expected && wrong_.size() < 20) wrong_.push_back(fmt::format("{}: {}, not {}", what, seen, expected));
  }
  const std::vector<std::string>& wrong() const { return wrong_; }
  int count(const std::string& outcome) const { return seen_.contains(outcome) ? seen_.at(outcome) : 0; }

 private:
  std::vector<std::string> wrong_;
  std::map<std::string, int> seen_;
};

const std::map<type, std::string> outcome_of_type = {
    {type::MOBILE, "texted"},
    {type::FIXED_LINE_OR_MOBILE, "texted"},
    {type::VOIP, "texted"},
    {type::FIXED_LINE, "unsupported_number_type"},
    {type::TOLL_FREE, "unsupported_number_type"},
    {type::PREMIUM_RATE, "unsupported_number_type"},
    {type::SHARED_COST, "unsupported_number_type"},
    {type::PERSONAL_NUMBER, "unsupported_number_type"},
    {type::PAGER, "unsupported_number_type"},
    {type::UAN, "unsupported_number_type"},
    {type::VOICEMAIL, "unsupported_number_type"},
    {type::UNKNOWN, "invalid_number"},
};

}  // namespace

TEST_CASE("every region's numbers of every type are texted, or rejected with the reason that fits") {
  judged by;
  findings all;
  std::map<type, std::set<std::string>> regions_of;
  for (const auto& region : regions()) {
    for (int value = 0; value < type::UNKNOWN; ++value) {
      PhoneNumber number;
      if (!library().GetExampleNumberForType(region, static_cast<type>(value), &number)) continue;
      // Where mobiles and landlines are numbered alike, the example of either is of the type for both.
      const auto is = library().GetNumberType(number);
      regions_of[is].insert(region);
      all.add(fmt::format("{} {} {}", region, value, e164(number)), by.outcome(e164(number)), outcome_of_type.at(is));
    }
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.count("texted") > 350);
  CHECK(all.count("unsupported_number_type") > 500);
  CHECK(all.count("invalid_number") == 0);
  // Every type that the metadata knows was among them.
  for (int value = 0; value < type::UNKNOWN; ++value) {
    INFO(value);
    CHECK(regions_of[static_cast<type>(value)].size() >= 3);
  }
}

TEST_CASE("a mobile number of every region that has some is texted") {
  judged by;
  findings all;
  for (const auto& region : regions()) {
    PhoneNumber number;
    if (!library().GetExampleNumberForType(region, type::MOBILE, &number)) continue;  // TA: landlines alone
    all.add(region, by.outcome(e164(number)), "texted");
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.count("texted") > 240);
}

TEST_CASE("numbers of no country are never texted, whatever their type") {
  judged by;
  findings all;
  std::set<int> codes;
  library().GetSupportedGlobalNetworkCallingCodes(&codes);
  for (const int code : codes) {
    PhoneNumber number;
    REQUIRE(library().GetExampleNumberForNonGeoEntity(code, &number));
    all.add(e164(number), by.outcome(e164(number)), "unsupported_number_type");
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.count("unsupported_number_type") >= 8);
}

TEST_CASE("numbers that are invalid in their region are told as such") {
  judged by;
  findings all;
  for (const auto& region : regions()) {
    PhoneNumber number;
    if (!library().GetInvalidExampleNumber(region, &number)) continue;
    all.add(fmt::format("{} {}", region, e164(number)), by.outcome(e164(number)), "invalid_number");
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.count("invalid_number") > 200);
}

TEST_CASE("no region's short code is texted") {
  const ShortNumberInfo short_numbers;
  judged by;
  findings all;
  int regions_with_codes = 0;
  for (const auto& region : regions()) {
    std::set<std::string> codes;
    const auto example = short_numbers.GetExampleShortNumber(region);
    if (!example.empty()) codes.insert(example);
    for (int number = 100; number < 1'000; ++number) {  // emergency and services
      const auto text = std::to_string(number);
      if (short_numbers.ConnectsToEmergencyNumber(text, region)) codes.insert(text);
    }
    for (const auto cost :
         {ShortNumberInfo::TOLL_FREE, ShortNumberInfo::STANDARD_RATE, ShortNumberInfo::PREMIUM_RATE}) {
      const auto of_cost = short_numbers.GetExampleShortNumberForCost(region, cost);
      if (!of_cost.empty()) codes.insert(of_cost);
    }
    regions_with_codes += codes.empty() ? 0 : 1;
    for (const auto& code : codes)
      all.add(fmt::format("{} {}", region, code), by.outcome(code, region), "invalid_number");
  }
  CHECK(all.wrong() == std::vector<std::string>{});
  CHECK(all.count("invalid_number") > 400);
  CHECK(regions_with_codes > 235);
}
