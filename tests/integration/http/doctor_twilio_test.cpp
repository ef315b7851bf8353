// What `sendcode doctor` makes of Twilio's answers, and what it asks then.
#include "worker/app/commands/doctor_twilio.hpp"

#include "tests/catch.hpp"
#include "tests/integration/http/sender_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using state = app::finding::state;
using world = sender_world;

namespace {

constexpr const char* active = R"({"status":"active"})";
constexpr const char* refusal = R"({"code":20003,"status":401})";

std::vector<app::finding> examine(world& w, const char* base_url = "https://api.twilio.com") {
  config::worker_config config;
  config.secrets_directory = "/secrets";
  config.twilio.base_url = *parse_url(base_url);
  domain::settings_snapshot settings;
  settings.environments["env_live"] = std::make_shared<const domain::environment_settings>(w.environment);
  std::vector<app::finding> out;
  const app::teller tell = [&](app::finding found) { out.push_back(std::move(found)); };
  const auto work = [&]() -> awaitable<bool> {
    co_await app::examine_twilio(w.client, w.clock, config, settings, tell);
    co_return true;
  };
  run(w.context, work());
  return out;
}

}  // namespace

TEST_CASE("an account that is well is asked for its source", "[twilio]") {
  world w;
  w.account().source = domain::sms_source::messaging_service;
  w.client.answers(200, active);
  w.client.answers(200, "{}");
  const auto found = examine(w);
  REQUIRE(found.size() == 2);
  CHECK(found[0].about == "twilio account of env_live");
  CHECK(found[0].is == state::ok);
  CHECK(found[1].about == "twilio source of env_live");
  CHECK(found[1].is == state::ok);
}

TEST_CASE("an auth token that the region refuses is tried in the others, and the one that takes it is told",
          "[twilio]") {
  world w;
  w.client.answers(401, refusal);
  w.client.answers(401, refusal);
  w.client.answers(200, active);
  const auto found = examine(w);
  REQUIRE(found.size() == 1);
  CHECK(found[0].is == state::wrong);
  CHECK(found[0].detail == "HTTP 401 in the region us1, but au1 takes these credentials");
  REQUIRE(w.client.asked.size() == 3);
  CHECK(w.client.asked[1].to.host == "api.dublin.ie1.twilio.com");
  CHECK(w.client.asked[2].to.host == "api.sydney.au1.twilio.com");
}

TEST_CASE("an auth token that no region takes is wrong, and an API key of another region is told by itself",
          "[twilio]") {
  world w;
  w.account().region = domain::twilio_region::ie1;
  w.account().api_key_sid = "SK1";
  w.account().api_key_secret = {"env_live/key", make_secret("keysecret")};
  for (int i = 0; i < 3; ++i) w.client.answers(401, refusal);
  w.client.answers(401, refusal);
  w.client.answers(200, R"({"messages":[]})");
  const auto found = examine(w);
  REQUIRE(found.size() == 2);
  CHECK(found[0].detail == "HTTP 401");
  CHECK(found[0].advice.find("auth token") != std::string::npos);
  CHECK(found[1].about == "twilio API key of env_live");
  CHECK(found[1].detail == "HTTP 401 in the region ie1, but us1 takes these credentials");
  REQUIRE(w.client.asked.size() == 5);
  CHECK(w.client.asked[1].to.host == "api.twilio.com");
  CHECK(w.client.asked[2].to.host == "api.sydney.au1.twilio.com");
  CHECK(w.client.asked[3].to.host == "api.dublin.ie1.twilio.com");
  CHECK(w.client.asked[4].to.host == "api.twilio.com");
}

TEST_CASE("where there is one address for all regions, none other is tried", "[twilio]") {
  world w;
  w.client.answers(401, refusal);
  CHECK(examine(w, "https://localhost:8443").size() == 1);
  CHECK(w.client.asked.size() == 1);
}

TEST_CASE("a secret that is missing is named, and nothing is asked", "[twilio]") {
  world w;
  w.account().auth_tokens.front().value = nullptr;
  const auto found = examine(w);
  REQUIRE(found.size() == 1);
  CHECK(found[0].detail == "the secret env_live/token is missing");
  CHECK(found[0].advice == "put it into /secrets/env_live/token");
  CHECK(w.client.asked.empty());
}
