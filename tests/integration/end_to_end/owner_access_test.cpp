// What an owner switches on and off: phone sign-in by application, texts as a second factor, countries.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

constexpr const char* token = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

// Puts another line in place of the one that begins so.
std::string with_line(std::string document, const std::string& begin, const std::string& line) {
  const auto at = document.find(begin);
  REQUIRE(at != document.npos);
  return document.replace(at, document.find('\n', at) - at, line);
}

void write_document(const world& with, const std::string& document) {
  write_file(with.folder.path() / "settings/env_live.yaml", document);
}

std::string reason_of(world& with, const event& of) {
  const auto status = with.send_and_wait(of);
  return status.value("reason", status["status"].get<std::string>());
}

event second_factor(const world& with, const std::string& environment, int number) {
  return with.make_event(
      phone_number(number),
      {{"environment_id", environment}, {"purpose", "mfa"}, {"user_id", "user-1"}, {"connection_id", nullptr}});
}

}  // namespace

TEST_CASE("phone sign-in is on for the applications that an owner names, from one text to the next") {
  world with;
  with.start_worker();
  int number = 0;
  const auto reason = [&](const char* application) {
    return reason_of(with, with.make_event(phone_number(++number), {{"application_id", application}}));
  };
  CHECK(reason("app_web") == "sent");
  CHECK(reason("app_admin") == "phone_auth_off");
  CHECK(reason("app_nobody") == "unknown_application");
  const auto document = settings{}.document();
  write_document(with, with_line(document, "  phone: {applications", "  phone: {applications: [app_web, app_admin]}"));
  CHECK(eventually([&] { return reason("app_admin") == "sent"; }, patience));
  CHECK(reason("app_web") == "sent");
  write_document(with, with_line(document, "  phone: {applications", "  phone: {applications: []}"));
  CHECK(eventually([&] { return reason("app_web") == "phone_auth_off"; }, patience));
  CHECK(reason("app_admin") == "phone_auth_off");
  // Off as a way in, it is still a second factor.
  CHECK(reason_of(with, second_factor(with, "env_live", 90)) == "sent");
}

TEST_CASE("texts are a second factor where the policy is optional or required and names them, else sms_mfa_off") {
  world with;
  const std::vector<std::pair<std::string, std::string>> policies{
      {"env_optional", "{policy: optional, factors: [sms]}"},
      {"env_required", "{policy: required, factors: [authenticator_app, sms]}"},
      {"env_off", "{policy: \"off\", factors: [sms]}"},
      {"env_app_alone", "{policy: required, factors: [authenticator_app]}"},
      {"env_none", "{policy: optional}"}};
  for (const auto& [environment, policy] : policies) {
    with.write_settings({.environment = environment, .mfa = policy});
    with.write_secret(environment + "/twilio_auth_token", token);
  }
  with.start_worker();
  int number = 0;
  for (const auto& [environment, policy] : policies) {
    INFO(policy);
    const bool on = environment == "env_optional" || environment == "env_required";
    CHECK(reason_of(with, second_factor(with, environment, ++number)) == (on ? "sent" : "sms_mfa_off"));
    // What the policy says is of the second factor alone.
    const auto sign_in = with.make_event(phone_number(++number), {{"environment_id", environment}});
    CHECK(reason_of(with, sign_in) == "sent");
  }
}

TEST_CASE("use_for_mfa says which sender sends second factors: Twilio, or the Kinde sender alone") {
  const bool by_twilio = GENERATE(true, false);
  world with({.live = {.more = by_twilio ? "use_for_mfa: true" : "use_for_mfa: false"}});
  with.start_worker();
  const auto second = with.send_and_wait(second_factor(with, "env_live", 1));
  CHECK(second["status"] == "sent");
  CHECK(second["sender"] == (by_twilio ? "twilio" : "kinde"));
  CHECK_FALSE(second.value("failed_over", false));
  CHECK(with.send_and_wait(with.make_event(phone_number(2)))["sender"] == "twilio");
  if (by_twilio) return;
  // Twilio is not even asked for them, so its outage doesn't matter.
  const auto asked = with.senders.counts()["requests"]["twilio"].get<int>();
  with.senders.fault({{"target", "twilio"}, {"kind", "refuse"}});
  const auto meanwhile = with.send_and_wait(second_factor(with, "env_live", 3));
  CHECK(meanwhile["status"] == "sent");
  CHECK(meanwhile["attempts"].size() == 1);
  CHECK(with.senders.counts()["requests"]["twilio"] == asked);
}

TEST_CASE("a national number is read for the event's country, else for the default country") {
  world with({.live = {.countries = "[AU, NZ, US]"}});
  with.start_worker();
  CHECK(with.send_and_wait(with.make_event("0491 570 006"))["country"] == "AU");
  CHECK(with.senders.messages("+61491570006").size() == 1);
  CHECK(with.send_and_wait(with.make_event("021 123 4567", {{"country", "NZ"}}))["country"] == "NZ");
  CHECK(with.senders.messages("+64211234567").size() == 1);
  // What is international stays what it is.
  CHECK(with.send_and_wait(with.make_event("+64211234568", {{"country", "AU"}}))["country"] == "NZ");
}
