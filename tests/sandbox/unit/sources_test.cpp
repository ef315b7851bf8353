#include "tests/catch.hpp"
#include "tests/sandbox/unit/asker.hpp"

using namespace sendcode::sandbox;

namespace {

std::string numbers_path(const std::string& number) {
  return std::string("/2010-04-01/Accounts/") + asker::account_sid + "/IncomingPhoneNumbers.json?PhoneNumber=" + number;
}

}  // namespace

TEST_CASE("an account has every number but those that are not valid or another's") {
  asker twilio;
  const auto found = asker::read(twilio.ask("GET", numbers_path("%2B15005550006"), "", asker::basic));
  REQUIRE(found.at("incoming_phone_numbers").size() == 1);
  const auto number = found.at("incoming_phone_numbers")[0];
  CHECK(number.at("phone_number") == "+15005550006");
  CHECK(number.at("sid") == "PN00000000000000000000015005550006");
  CHECK(number.at("account_sid") == asker::account_sid);
  CHECK(number.at("capabilities").at("sms") == true);
  for (const auto* missing : {"%2B15005550001", "%2B15005550007", "none"}) {
    const auto none = asker::read(twilio.ask("GET", numbers_path(missing), "", asker::basic));
    CHECK(none.at("incoming_phone_numbers").empty());
  }
}

TEST_CASE("an account has every messaging service but one, and nothing else is a service") {
  asker twilio;
  const std::string sid = "MG0123456789abcdef0123456789abcdef";
  const auto found = twilio.ask("GET", "/v1/Services/" + sid, "", asker::basic);
  CHECK(found.status == 200);
  CHECK(asker::read(found).at("sid") == sid);
  CHECK(asker::read(found).at("account_sid") == asker::account_sid);
  for (const auto* missing : {"MG00000000000000000000000000000404", "MG1", "AC0123456789abcdef0123456789abcdef"}) {
    const auto refused = twilio.ask("GET", std::string("/v1/Services/") + missing, "", asker::basic);
    CHECK(refused.status == 404);
    CHECK(asker::read(refused).at("code") == 20404);
  }
}

TEST_CASE("sources are shown to the account alone") {
  asker twilio({.accounts = {{asker::account_sid, "right"}}});
  for (const auto& target : {numbers_path("%2B15005550006"), std::string("/v1/Services/MG") + std::string(32, 'a')}) {
    const auto refused = twilio.ask("GET", target, "", asker::basic);  // with another token
    CHECK(refused.status == 401);
    CHECK(asker::read(refused).at("code") == 20003);
  }
}
