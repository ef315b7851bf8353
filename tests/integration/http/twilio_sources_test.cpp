// What `sendcode doctor` asks Twilio of an account's number or messaging service.
#include "worker/adapters/senders/twilio_sources.hpp"

#include "common/bytes.hpp"
#include "tests/catch.hpp"
#include "tests/integration/http/sender_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using domain::sms_source;
using domain::twilio_region;
using world = sender_world;

namespace {

senders::twilio_sources sources_of(world& w, const char* base_url = "https://api.twilio.com") {
  return {w.client, *parse_url(base_url), "/ca.pem"};
}

senders::source_answer ask(world& w, senders::twilio_sources& sources) {
  const auto answer = run(w.context, sources.ask(w.account(), w.deadline()));
  REQUIRE(answer.has_value());
  return *answer;
}

}  // namespace

TEST_CASE("a number is asked for where messages are sent, by the auth token", "[twilio]") {
  world w;
  w.account().source = sms_source::phone_number;
  w.account().api_key_sid = "SK1";
  auto sources = sources_of(w);
  w.client.answers(200, R"({"incoming_phone_numbers":[
      {"sid":"PN1","phone_number":"+61400000001","capabilities":{"sms":false}},
      {"sid":"PN2","phone_number":"+61400000000","capabilities":{"voice":true,"sms":true,"mms":false}}],"page":0})");
  const auto answer = ask(w, sources);
  CHECK(answer.http_status == 200);
  CHECK(answer.found);
  CHECK(answer.texts);
  const auto& asked = w.client.asked.at(0);
  CHECK(asked.method == "GET");
  CHECK(asked.to.host == "api.twilio.com");
  CHECK(asked.to.ca_file == "/ca.pem");
  CHECK(asked.target ==
        "/2010-04-01/Accounts/" + account_sid + "/IncomingPhoneNumbers.json?PhoneNumber=%2B61400000000");
  CHECK(asked.header("Authorization") == "Basic " + to_base64(account_sid + ":t0ken"));
}

TEST_CASE("a number that is another one, or cannot text, is told apart; a broken answer tells neither", "[twilio]") {
  world w;
  w.account().source = sms_source::phone_number;
  auto sources = sources_of(w);
  w.client.answers(200, R"({"incoming_phone_numbers":[{"phone_number":"+61400000001","capabilities":{"sms":true}}]})");
  CHECK_FALSE(ask(w, sources).found);
  w.client.answers(200, R"({"incoming_phone_numbers":[{"phone_number":"+61400000000","capabilities":{"sms":false}}]})");
  const auto silent = ask(w, sources);
  CHECK(silent.found);
  CHECK_FALSE(silent.texts);
  w.client.answers(200, R"({"incoming_phone_numbers":[)");
  CHECK_FALSE(run(w.context, sources.ask(w.account(), w.deadline())).has_value());
  w.client.answers(401, R"({"code":20003})");
  CHECK(ask(w, sources).http_status == 401);
}

TEST_CASE("a messaging service is asked for on Twilio's host for those, in the account's region", "[twilio]") {
  world w;
  w.account().source = sms_source::messaging_service;
  auto sources = sources_of(w);
  const auto asked_host = [&](twilio_region region) {
    w.account().region = region;
    w.client.answers(200, R"({"sid":"MG1"})");
    CHECK(ask(w, sources).found);
    return w.client.asked.back().to.host;
  };
  CHECK(asked_host(twilio_region::us1) == "messaging.twilio.com");
  CHECK(asked_host(twilio_region::ie1) == "messaging.dublin.ie1.twilio.com");
  CHECK(asked_host(twilio_region::au1) == "messaging.sydney.au1.twilio.com");
  CHECK(w.client.asked.back().target == "/v1/Services/" + service_sid);
  w.client.answers(404, R"({"code":20404})");
  const auto missing = ask(w, sources);
  CHECK(missing.http_status == 404);
  CHECK_FALSE(missing.found);
}

TEST_CASE("beside any other base_url everything is asked there", "[twilio]") {
  world w;
  auto sources = sources_of(w, "https://localhost:8443/twilio");
  w.account().source = sms_source::messaging_service;
  w.account().region = twilio_region::ie1;
  w.client.answers(200, "{}");
  ask(w, sources);
  CHECK(w.client.asked.back().to.host == "localhost");
  CHECK(w.client.asked.back().to.port == 8443);
  CHECK(w.client.asked.back().target == "/twilio/v1/Services/" + service_sid);
  CHECK_FALSE(sources.knows_regions());
  w.client.fails(ports::https_failure::kind::not_sent);
  CHECK(run(w.context, sources.ask(w.account(), w.deadline())).error() == "test");
}
