#include "worker/domain/settings_warnings.hpp"

#include <algorithm>

#include "worker/domain/phone_number.hpp"

namespace sendcode::domain {
namespace {

using warnings = std::vector<settings_warning>;

constexpr seconds advised_ttl_max{600};  // NIST SP 800-63B

std::string text_of(seconds life) {
  return life.count() % 60 == 0 ? std::to_string(life.count() / 60) + "m" : std::to_string(life.count()) + "s";
}

bool texts_several_countries(const sms_settings& sms) {
  return sms.every_country || sms.allowed_countries.size() > 1;
}

void warn_of_source(const sms_settings& sms, warnings& out) {
  const auto& twilio = *sms.twilio;
  if (twilio.source == sms_source::messaging_service) {
    if (twilio.phone_number.empty()) return;
    out.push_back({"sms.twilio.phone_number", "is not used: the source is messaging_service",
                   "take it out, or set source: phone_number"});
    return;
  }
  if (!twilio.messaging_service_sid.empty()) {
    out.push_back({"sms.twilio.messaging_service_sid", "is not used: the source is phone_number",
                   "take it out, or set source: messaging_service"});
  }
  const auto number = parse_phone_number(twilio.phone_number, sms.default_country);
  if (!number || !number->valid) {
    out.push_back({"sms.twilio.phone_number", "is no number that is in use: Twilio will refuse to send from it",
                   "take the number that Twilio's console shows"});
    return;
  }
  if (texts_several_countries(sms)) {
    out.push_back({"sms.twilio.source", "one number texts several countries: some deliver no texts from abroad",
                   "set source: messaging_service, which sends from a fitting number for each"});
  } else if (std::ranges::find(sms.allowed_countries, number->country) == sms.allowed_countries.end()) {
    out.push_back({"sms.twilio.phone_number",
                   "is of " + (number->country.empty() ? "no country" : number->country) + ", and texts go to " +
                       (sms.allowed_countries.empty() ? sms.default_country : sms.allowed_countries.front()) + " alone",
                   "take a number of the country that is texted"});
  }
}

void warn_of_senders(const sms_settings& sms, warnings& out) {
  if (!sms.twilio) {
    out.push_back({"sms.twilio", "is absent: the Kinde sender alone texts, 10 a month",
                   "set up an account of your own before people sign in by it"});
    return;
  }
  warn_of_source(sms, out);
  if (sms.fallback == fallback_sender::none) {
    out.push_back({"sms.fallback", "is none: while Twilio is interrupted nobody is texted", "set fallback: kinde"});
  }
}

void warn_of_ways_in(const environment_settings& settings, warnings& out) {
  const bool second_factor = settings.mfa != mfa_policy::off && settings.sms_factor;
  if (!settings.phone_applications.empty() || second_factor) return;
  out.push_back({"authentication.phone.applications",
                 "no application has phone sign-in, and MFA by text is off: every event is rejected",
                 "name the applications, or set mfa: {policy: optional, factors: [sms]}"});
}

}  // namespace

std::vector<settings_warning> warnings_of(const environment_settings& settings) {
  warnings out;
  const auto& sms = settings.sms;
  warn_of_senders(sms, out);
  if (sms.code_ttl > advised_ttl_max) {
    out.push_back({"sms.code_ttl", "a code lives " + text_of(sms.code_ttl) + ": longer than the 10m of NIST SP 800-63B",
                   "take 10m or less, and leave allow_long_ttl out"});
  }
  if (sms.every_country) {
    out.push_back({"sms.allowed_countries", "every country is texted: whoever makes you text dear numbers earns by it",
                   "list the countries that your people are in"});
  }
  warn_of_ways_in(settings, out);
  return out;
}

std::vector<settings_warning> missing_secrets_of(const environment_settings& settings) {
  warnings out;
  const auto tell = [&](const secret_ref& ref, std::string key, std::string_view what) {
    if (ref.value) return;
    out.push_back({std::move(key), "the secret " + ref.name + " is " + std::string(what),
                   "put it into the secrets directory, under that name"});
  };
  constexpr std::string_view of_the_account = "not there: its events are held";
  const auto& sms = settings.sms;
  if (sms.twilio) {
    const bool several = sms.twilio->auth_tokens.size() > 1;
    for (std::size_t i = 0; i < sms.twilio->auth_tokens.size(); ++i) {
      const auto place = several ? '[' + std::to_string(i) + ']' : "";
      tell(sms.twilio->auth_tokens[i], "sms.twilio.auth_token" + place, of_the_account);
    }
    if (!sms.twilio->api_key_sid.empty()) {
      tell(sms.twilio->api_key_secret, "sms.twilio.api_key.secret", of_the_account);
    }
  }
  for (std::size_t i = 0; i < sms.test_numbers.size(); ++i) {
    tell(sms.test_numbers[i].code, "sms.test_numbers[" + std::to_string(i) + "].code",
         "not there, or not six digits: events of that number are held");
  }
  return out;
}

}  // namespace sendcode::domain
