#include "worker/domain/settings_warnings.hpp"

#include <algorithm>
#include <memory>

#include "tests/catch.hpp"

using namespace sendcode;
using namespace sendcode::domain;

namespace {

// Nothing to be warned of.
environment_settings sound() {
  environment_settings out;
  out.environment_id = "env_live";
  out.applications = {"app_web"};
  out.phone_applications = {"app_web"};
  out.sms.default_country = "AU";
  out.sms.allowed_countries = {"AU"};
  out.sms.fallback = fallback_sender::kinde;
  auto& twilio = out.sms.twilio.emplace();
  twilio.auth_tokens = {{"env_live/token", std::make_shared<const secret>(std::string("x"))}};
  twilio.source = sms_source::messaging_service;
  twilio.messaging_service_sid = "MG0123456789abcdef0123456789abcdef";
  return out;
}

std::vector<std::string> keys_of(const std::vector<settings_warning>& all) {
  std::vector<std::string> out;
  for (const auto& each : all) {
    CHECK_FALSE(each.what.empty());
    CHECK_FALSE(each.advice.empty());
    out.push_back(each.key);
  }
  return out;
}

std::vector<std::string> keys_of(const environment_settings& settings) {
  return keys_of(warnings_of(settings));
}

using keys = std::vector<std::string>;

}  // namespace

TEST_CASE("sound settings are warned of nothing") {
  CHECK(keys_of(sound()).empty());
  CHECK(missing_secrets_of(sound()).empty());
}

TEST_CASE("a life above 10 minutes, no fallback, every country and no account are warned of, each with what to do") {
  auto settings = sound();
  settings.sms.code_ttl = seconds{600};
  CHECK(keys_of(settings).empty());
  settings.sms.code_ttl = seconds{601};
  CHECK(keys_of(settings) == keys{"sms.code_ttl"});
  CHECK(warnings_of(settings)[0].what.find("601s") != std::string::npos);
  settings.sms.code_ttl = seconds{900};
  CHECK(warnings_of(settings)[0].what.find("15m") != std::string::npos);
  settings.sms.code_ttl = seconds{600};

  settings.sms.fallback = fallback_sender::none;
  CHECK(keys_of(settings) == keys{"sms.fallback"});
  settings.sms.fallback = fallback_sender::kinde;

  settings.sms.every_country = true;
  CHECK(keys_of(settings) == keys{"sms.allowed_countries"});
  settings.sms.every_country = false;

  settings.sms.twilio.reset();
  settings.sms.fallback = fallback_sender::none;  // there is nobody to fall back from
  CHECK(keys_of(settings) == keys{"sms.twilio"});
}

TEST_CASE("a source that does not match what is given, or where texts go, is warned of") {
  auto settings = sound();
  auto& twilio = *settings.sms.twilio;
  SECTION("a number beside the messaging service that sends") {
    twilio.phone_number = "+61491570006";
    CHECK(keys_of(settings) == keys{"sms.twilio.phone_number"});
  }
  SECTION("a messaging service beside the number that sends") {
    twilio.source = sms_source::phone_number;
    twilio.phone_number = "+61491570006";
    CHECK(keys_of(settings) == keys{"sms.twilio.messaging_service_sid"});
  }
  SECTION("a number") {
    twilio.source = sms_source::phone_number;
    twilio.messaging_service_sid.clear();
    twilio.phone_number = "+61491570006";
    CHECK(keys_of(settings).empty());
    settings.sms.allowed_countries = {"AU", "NZ"};
    CHECK(keys_of(settings) == keys{"sms.twilio.source"});
    settings.sms.allowed_countries = {"AU"};
    settings.sms.every_country = true;
    CHECK(keys_of(settings) == keys{"sms.twilio.source", "sms.allowed_countries"});
    settings.sms.every_country = false;
    twilio.phone_number = "+12025550123";  // of another country than the one that is texted
    CHECK(keys_of(settings) == keys{"sms.twilio.phone_number"});
    CHECK(warnings_of(settings)[0].what.find("of US, and texts go to AU") != std::string::npos);
    twilio.phone_number = "+61000000000";
    CHECK(keys_of(settings) == keys{"sms.twilio.phone_number"});
    CHECK(warnings_of(settings)[0].what.find("no number that is in use") != std::string::npos);
  }
}

TEST_CASE("an environment that texts nobody is warned of") {
  auto settings = sound();
  settings.phone_applications.clear();
  CHECK(keys_of(settings) == keys{"authentication.phone.applications"});
  settings.mfa = mfa_policy::required;
  CHECK(keys_of(settings) == keys{"authentication.phone.applications"});
  settings.sms_factor = true;
  CHECK(keys_of(settings).empty());
}

TEST_CASE("each secret that is missing is warned of by its name and its place") {
  auto settings = sound();
  auto& twilio = *settings.sms.twilio;
  twilio.auth_tokens = {{"env_live/token", nullptr}};
  CHECK(keys_of(missing_secrets_of(settings)) == keys{"sms.twilio.auth_token"});
  twilio.auth_tokens.push_back({"env_live/old", nullptr});
  twilio.api_key_sid = "SK0123456789abcdef0123456789abcdef";
  twilio.api_key_secret = {"env_live/api_key", nullptr};
  settings.sms.test_numbers = {{"+12025550123", {"env_live/code", nullptr}}};
  const auto all = missing_secrets_of(settings);
  CHECK(keys_of(all) == keys{"sms.twilio.auth_token[0]", "sms.twilio.auth_token[1]", "sms.twilio.api_key.secret",
                             "sms.test_numbers[0].code"});
  CHECK(all[1].what == "the secret env_live/old is not there: its events are held");
  CHECK(keys_of(settings).empty());  // asked apart: where no secrets were read, none is known to be missing
}
