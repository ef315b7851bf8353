#include "worker/domain/admission.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using domain::hold;
using domain::reason;
using domain::rejection;
using domain::send_plan;
using domain::sender_kind;

namespace {

const auto value = std::make_shared<const secret>(std::string("a secret"));

struct world {
  domain::environment_settings environment;
  domain::settings_snapshot snapshot;
  domain::send_code_event event;
  bool kinde = true;

  world() {
    snapshot.current = true;
    environment.environment_id = "env_live";
    environment.connection_id = domain::derive_connection_id("env_live");
    environment.applications = {"app_web", "app_admin"};
    environment.phone_applications = {"app_web"};
    environment.mfa = domain::mfa_policy::optional;
    environment.sms_factor = true;
    auto& sms = environment.sms;
    sms.default_country = "AU";
    sms.allowed_countries = {"AU"};
    sms.fallback = domain::fallback_sender::kinde;
    sms.twilio = domain::twilio_settings{};
    sms.twilio->auth_tokens = {{"env_live/token", value}};
    sms.test_numbers = {{"+12025550123", {"env_live/code", value}}, {"+447700900123", {"env_live/code", value}}};
    event.environment_id = "env_live";
    event.application_id = "app_web";
    event.connection_id = environment.connection_id;
    event.phone_number = "0491 570 006";
  }
  domain::verdict judge() {
    snapshot.environments["env_live"] = std::make_shared<const domain::environment_settings>(environment);
    return domain::judge(event, snapshot, {.kinde_configured = kinde});
  }
  reason rejected() {
    const auto out = judge();
    REQUIRE(std::holds_alternative<rejection>(out));
    return std::get<rejection>(out).reason;
  }
  send_plan planned() {
    const auto out = judge();
    if (const auto* no = std::get_if<rejection>(&out)) FAIL(domain::to_text(no->reason));
    REQUIRE(std::holds_alternative<send_plan>(out));
    return std::get<send_plan>(out);
  }
  hold held() {
    const auto out = judge();
    REQUIRE(std::holds_alternative<hold>(out));
    return std::get<hold>(out);
  }
  reason rejected_number(std::string_view number) {
    event.phone_number = number;
    return rejected();
  }
};

using route = std::vector<sender_kind>;

}  // namespace

TEST_CASE("an event that all allows is planned, by Twilio first") {
  world w;
  const auto plan = w.planned();
  CHECK(plan.phone.e164 == "+61491570006");
  CHECK(plan.route == route{sender_kind::twilio, sender_kind::kinde});
  CHECK(plan.named_country);
  CHECK(plan.environment->environment_id == "env_live");
}

TEST_CASE("the event's country stands before the environment's default") {
  world w;
  w.event.country = "NZ";
  w.event.phone_number = "021 123 4567";
  CHECK(w.rejected() == reason::country_not_allowed);
  w.environment.sms.allowed_countries.push_back("NZ");
  CHECK(w.planned().phone.e164 == "+64211234567");
}

TEST_CASE("settings decide who is unknown, once they are known to be current") {
  world w;
  w.event.environment_id = "env_other";
  CHECK(w.rejected() == reason::unknown_environment);
  w.snapshot.current = false;
  CHECK(w.held().because == hold::why::settings_not_current);
  w.snapshot.broken = {"env_other"};
  CHECK(w.held().because == hold::why::settings_broken);
  w.snapshot.current = true;
  CHECK(w.held().because == hold::why::settings_broken);
}

TEST_CASE("a document that became invalid leaves the last good one in force") {
  world w;
  w.snapshot.broken = {"env_live"};
  w.planned();
}

TEST_CASE("an application must be the environment's, and have phone sign-in switched on") {
  world w;
  w.event.application_id = "app_unknown";
  CHECK(w.rejected() == reason::unknown_application);
  w.event.application_id = "app_admin";
  CHECK(w.rejected() == reason::phone_auth_off);
  w.event.application_id = "app_web";
  w.event.connection_id = domain::derive_connection_id("env_other");
  CHECK(w.rejected() == reason::unknown_connection);
}

TEST_CASE("MFA needs a policy and the factor, and no connection") {
  world w;
  w.event.purpose = domain::purpose::mfa;
  w.event.connection_id.clear();
  w.event.application_id = "app_admin";
  w.planned();
  w.environment.sms_factor = false;
  CHECK(w.rejected() == reason::sms_mfa_off);
  w.environment.sms_factor = true;
  w.environment.mfa = domain::mfa_policy::off;
  CHECK(w.rejected() == reason::sms_mfa_off);
  w.environment.mfa = domain::mfa_policy::required;
  w.planned();
}

TEST_CASE("numbers are rejected by validity, type, prefix and country") {
  world w;
  CHECK(w.rejected_number("hello") == reason::invalid_number);
  CHECK(w.rejected_number("+61000000000") == reason::invalid_number);
  CHECK(w.rejected_number("+61299990000") == reason::unsupported_number_type);
  CHECK(w.rejected_number("+80012345678") == reason::unsupported_number_type);
  CHECK(w.rejected_number("+64211234567") == reason::country_not_allowed);
  w.environment.sms.blocked_prefixes = {"+6149157"};
  CHECK(w.rejected_number("+61491570006") == reason::prefix_not_allowed);
}

TEST_CASE(
    "what stands in an allowed prefix is texted whatever its type, but not where its country or prefix is refused") {
  world w;
  w.environment.sms.allowed_prefixes = {"+1500555", "+61299"};
  CHECK(w.rejected_number("+15005550006") == reason::country_not_allowed);
  w.environment.sms.allowed_countries.push_back("US");
  CHECK(w.planned().phone.e164 == "+15005550006");
  w.event.phone_number = "+61299990000";
  w.planned();
  w.environment.sms.blocked_prefixes = {"+612999"};
  CHECK(w.rejected() == reason::prefix_not_allowed);
}

TEST_CASE("every country is allowed only where it is written, and then counted apart unless named") {
  world w;
  w.environment.sms.every_country = true;
  w.event.phone_number = "+64211234567";
  CHECK_FALSE(w.planned().named_country);
  w.environment.sms.allowed_countries = {"NZ"};
  CHECK(w.planned().named_country);
  w.event.phone_number = "+61491570006";
  CHECK(w.planned().named_country);  // the default country
  w.event.phone_number = "+80012345678";
  CHECK(w.rejected() == reason::unsupported_number_type);
}

TEST_CASE("test numbers are known before validity, type, prefix and country are looked at") {
  world w;
  w.environment.sms.blocked_prefixes = {"+1202", "+4477"};
  for (const char* number : {"+1 202 555 0123", "+447700900123"}) {  // the second is not valid, by the metadata
    w.event.phone_number = number;
    const auto plan = w.planned();
    CHECK(plan.route == route{sender_kind::test});
    CHECK(plan.test_code == value);
  }
  w.event.application_id = "app_unknown";
  CHECK(w.rejected() == reason::unknown_application);
}

TEST_CASE("a test number whose code is missing is held") {
  world w;
  w.environment.sms.test_numbers[0].code.value = nullptr;
  w.event.phone_number = "+12025550123";
  const auto held = w.held();
  CHECK(held.because == hold::why::secret_missing);
  CHECK(held.detail == "env_live/code");
}

TEST_CASE("the route follows Twilio, the fallback, MFA's switch and what is configured") {
  world w;
  w.environment.sms.fallback = domain::fallback_sender::none;
  CHECK(w.planned().route == route{sender_kind::twilio});
  w.environment.sms.fallback = domain::fallback_sender::kinde;
  w.kinde = false;
  CHECK(w.planned().route == route{sender_kind::twilio});

  w.event.purpose = domain::purpose::mfa;
  w.environment.sms.use_for_mfa = false;
  CHECK(w.held().because == hold::why::no_sender);
  w.kinde = true;
  CHECK(w.planned().route == route{sender_kind::kinde});
  w.environment.sms.fallback = domain::fallback_sender::none;
  CHECK(w.planned().route == route{sender_kind::kinde});

  w.environment.sms.twilio.reset();
  w.event.purpose = domain::purpose::sign_in;
  CHECK(w.planned().route == route{sender_kind::kinde});
  w.kinde = false;
  CHECK(w.held().because == hold::why::no_sender);
}

TEST_CASE("a missing secret of Twilio's holds what goes by Twilio, and names itself") {
  world w;
  w.environment.sms.twilio->auth_tokens[0].value = nullptr;
  const auto held = w.held();
  CHECK(held.because == hold::why::secret_missing);
  CHECK(held.detail == "env_live/token");
  REQUIRE(held.phone);
  CHECK(held.phone->e164 == "+61491570006");
  w.event.purpose = domain::purpose::mfa;
  w.environment.sms.use_for_mfa = false;
  CHECK(w.planned().route == route{sender_kind::kinde});
}

TEST_CASE("a rejection tells the number where it is one") {
  world w;
  w.event.application_id = "app_unknown";
  CHECK(std::get<rejection>(w.judge()).phone->e164 == "+61491570006");
  w.event.phone_number = "hello";
  CHECK_FALSE(std::get<rejection>(w.judge()).phone);
}
