#include "worker/app/commands/doctor_twilio.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using state = app::finding::state;

namespace {

domain::environment_settings an_environment(domain::sms_source source) {
  domain::environment_settings out;
  out.environment_id = "env_live";
  out.sms.twilio.emplace();
  out.sms.twilio->source = source;
  out.sms.twilio->region = domain::twilio_region::ie1;
  out.sms.twilio->messaging_service_sid = "MG1";
  out.sms.twilio->phone_number = "+61491570006";
  return out;
}

using answer = std::expected<senders::source_answer, std::string>;

app::finding of_number(const answer& told) {
  return app::judge_source(an_environment(domain::sms_source::phone_number), "api.example", told);
}
app::finding of_service(const answer& told) {
  return app::judge_source(an_environment(domain::sms_source::messaging_service), "messaging.example", told);
}

}  // namespace

TEST_CASE("an account is well when it is active; what else Twilio says has its own advice") {
  const auto of = [](unsigned http_status, std::string status) {
    return app::judge_account("a", {.http_status = http_status, .status = std::move(status)});
  };
  CHECK(of(200, "active").is == state::ok);
  CHECK(of(200, "suspended").is == state::wrong);
  CHECK(of(200, "").is == state::wrong);
  CHECK(of(401, "").advice.find("auth token") != std::string::npos);
  CHECK(of(404, "").is == state::wrong);
  CHECK(of(429, "").is == state::unreachable);
  CHECK(of(503, "").is == state::unreachable);
  CHECK(app::judge_credentials("a", 200).is == state::ok);
  CHECK(app::judge_credentials("a", 401).is == state::wrong);
  CHECK(app::judge_credentials("a", 500).is == state::unreachable);
}

TEST_CASE("credentials of another region are told with both regions") {
  const auto found = app::wrong_region("a", domain::twilio_region::us1, domain::twilio_region::au1);
  CHECK(found.is == state::wrong);
  CHECK(found.detail == "HTTP 401 in the region us1, but au1 takes these credentials");
  CHECK(found.advice.find("set sms.twilio.region to au1") == 0);
}

TEST_CASE("a number that the account has and that texts is well, and is never shown whole") {
  const auto well = of_number(senders::source_answer{.http_status = 200, .found = true, .texts = true});
  CHECK(well.is == state::ok);
  CHECK(well.about == "twilio source of env_live");
  const auto missing = of_number(senders::source_answer{.http_status = 200});
  CHECK(missing.is == state::wrong);
  CHECK(missing.detail.find("in the region ie1") != std::string::npos);
  const auto silent = of_number(senders::source_answer{.http_status = 200, .found = true});
  CHECK(silent.is == state::wrong);
  CHECK(silent.advice.find("SMS") != std::string::npos);
  const auto unknown = of_number(std::unexpected("connect: refused"));
  for (const auto& each : {well, missing, silent, unknown}) {
    CHECK((each.detail + each.advice).find("+61*******06") != std::string::npos);
    CHECK((each.detail + each.advice).find("491570006") == std::string::npos);
  }
}

TEST_CASE("a messaging service that cannot be asked for is unknown, for texts do not need its host") {
  CHECK(of_service(senders::source_answer{.http_status = 200, .found = true, .texts = true}).is == state::ok);
  CHECK(of_service(senders::source_answer{.http_status = 404}).is == state::wrong);
  const auto refused = of_service(senders::source_answer{.http_status = 403});
  CHECK(refused.is == state::unknown);
  const auto silent = of_service(std::unexpected("connect: refused"));
  CHECK(silent.is == state::unknown);
  CHECK(silent.detail == "messaging.example cannot be asked: connect: refused");
  CHECK(silent.advice.find("let this machine connect to messaging.example") != std::string::npos);
}
