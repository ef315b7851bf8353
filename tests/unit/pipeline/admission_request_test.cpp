// What the store is asked about an event: whom its limits count, whose device it is, when it was born.
#include "worker/pipeline/admission_request.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"
#include "worker/domain/device_token.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::limit_kind;
using tests::event_words;
using tests::pipeline_world;

namespace {

struct asking {
  asking() {
    event.environment_id = "env_live";
    event.application_id = "app_web";
    event.user_id = "user_1";
    event.client_ip = "203.0.113.7";
    settings->sms.limits = {{limit_kind::client_ip, 60, 3600s}, {limit_kind::phone, 1, 30s}};
    plan.phone = domain::parse_phone_number("+61491570006", "AU").value();
    plan.route = {domain::sender_kind::twilio};
  }

  ports::admit_request request() {
    plan.environment = settings;
    return pipeline::make_admit_request({.event = event, .plan = &plan}, {}, random, "codes-1", uncounted);
  }

  domain::send_code_event event;
  std::shared_ptr<domain::environment_settings> settings = std::make_shared<domain::environment_settings>();
  domain::send_plan plan;
  tests::counted_random random;
  bool uncounted = false;
};

// Of an event that bears this device token.
ports::device_class device_of(pipeline_world& w, const std::string& device_token) {
  event_words words;
  nlohmann::json data{{"environment_id", "env_live"},
                      {"application_id", "app_web"},
                      {"challenge_id", "challenge-of-a-device-" + std::to_string(w.store.admitted.size())},
                      {"purpose", "sign_in"},
                      {"phone_number", words.phone},
                      {"connection_id", domain::derive_connection_id("env_live")}};
  if (!device_token.empty()) data["device_token"] = device_token;
  words.value = data.dump();
  w.deliver(words);
  return w.store.admitted.back().device;
}

}  // namespace

TEST_CASE("each limit counts its own subject, in the order written") {
  asking a;
  a.settings->sms.limits = {{limit_kind::prefix, 60, 600s},     {limit_kind::phone, 1, 30s},
                            {limit_kind::user, 10, 3600s},      {limit_kind::application, 7, 600s},
                            {limit_kind::environment, 8, 600s}, {limit_kind::country, 9, 600s},
                            {limit_kind::client_ip, 60, 3600s}};
  std::vector<std::pair<limit_kind, std::string>> counted;
  for (const auto& each : a.request().limits) {
    counted.emplace_back(each.per, each.subject);
    CHECK_FALSE(each.wide_network);
  }
  CHECK(counted == std::vector<std::pair<limit_kind, std::string>>{{limit_kind::prefix, "+614915"},
                                                                   {limit_kind::phone, "+61491570006"},
                                                                   {limit_kind::user, "user_1"},
                                                                   {limit_kind::application, "app_web"},
                                                                   {limit_kind::environment, "-"},
                                                                   {limit_kind::country, "AU"},
                                                                   {limit_kind::client_ip, "4:cb007107"}});
}

TEST_CASE("an IPv6 address counts its /64, and its /48 at five times as many in the same window") {
  asking a;
  a.event.client_ip = "2001:db8:1:2::9";
  const auto limits = a.request().limits;
  REQUIRE(limits.size() == 3);
  CHECK(limits[0].subject == "6:20010db800010002");
  CHECK_FALSE(limits[0].wide_network);
  CHECK(limits[0].max == 60);
  CHECK(limits[1].subject == "6:20010db80001");
  CHECK(limits[1].wide_network);
  CHECK(limits[1].max == 300);
  CHECK(limits[1].window == limits[0].window);
  CHECK(limits[2].per == limit_kind::phone);
  CHECK_FALSE(a.uncounted);
}

TEST_CASE("an address of no single client, or none at all, is not counted, and the first is told") {
  asking a;
  for (const char* address : {"10.0.0.1", "fd00::1", "no address"}) {
    a.event.client_ip = address;
    a.uncounted = false;
    CHECK(a.request().limits.size() == 1);
    CHECK(a.uncounted);
  }
  a.event.client_ip.clear();
  CHECK(a.request().limits.size() == 1);
  CHECK_FALSE(a.uncounted);
}

TEST_CASE("who is not signed in has no limit of a user") {
  asking a;
  a.settings->sms.limits = {{limit_kind::user, 10, 3600s}};
  a.event.user_id.clear();
  CHECK(a.request().limits.empty());
}

TEST_CASE("a limit for countries that \"*\" alone admits leaves those that are named") {
  asking a;
  a.settings->sms.limits = {{limit_kind::country, 50, 3600s, true}};
  CHECK(a.request().limits.empty());
  a.plan.named_country = false;
  CHECK(a.request().limits.size() == 1);
}

TEST_CASE("the allowance is ten a month without an account of Twilio's, and the worker's daily limit with one") {
  asking a;
  CHECK_FALSE(a.request().allowance);
  a.plan.route = {domain::sender_kind::kinde};
  auto allowance = a.request().allowance;
  REQUIRE(allowance);
  CHECK(allowance->max == 10);
  CHECK(allowance->monthly);
  a.settings->sms.twilio.emplace();
  allowance = a.request().allowance;
  REQUIRE(allowance);
  CHECK(allowance->max == 1000);
  CHECK_FALSE(allowance->monthly);
}

TEST_CASE("a device is known by a token for this phone and environment that has not ended, else a stranger's") {
  pipeline_world w;
  const auto key = w.rules().device_token_key;
  const auto token = [&](std::string_view environment, std::string_view phone, timestamp made) {
    return domain::make_device_token(key->expose(), environment, phone, byte_array<16>{}, made);
  };
  const auto now = w.clock.now();
  CHECK(device_of(w, token("env_live", "+61491570006", now)) == ports::device_class::known);
  CHECK(device_of(w, "") == ports::device_class::stranger);
  CHECK(device_of(w, token("env_live", "+61491570156", now)) == ports::device_class::stranger);
  CHECK(device_of(w, token("env_other", "+61491570006", now)) == ports::device_class::stranger);
  CHECK(device_of(w, token("env_live", "+61491570006", now - 181 * 24h)) == ports::device_class::stranger);
  CHECK(device_of(w, "not a token") == ports::device_class::stranger);
  CHECK(w.twilio.texts.size() == 6);  // a bad token is no reason not to text
}

TEST_CASE("an event is as old as the earlier of its time and its record's, and expires by that") {
  pipeline_world w;
  const auto now = w.clock.now();
  const auto birth_of = [&](std::optional<timestamp> time, milliseconds appended_ago) {
    event_words words;
    if (time) words.time = to_rfc3339(*time);
    words.appended_ago = appended_ago;
    w.deliver(words);
    return w.store.admitted.back().birth;
  };
  CHECK(birth_of(std::nullopt, 2min) == now - 2min);
  CHECK(birth_of(now - 3min, 2min) == now - 3min);
  CHECK(birth_of(now - 1min, 2min) == now - 2min);
  CHECK(birth_of(now + 1h, 2min) == now - 2min);
  CHECK(w.twilio.asked.back().expires_at == now + 8min);
}

TEST_CASE("an event whose time is nine tenths of its code's life ago is expired, though its record is new") {
  pipeline_world w;
  event_words words;
  words.time = to_rfc3339(w.clock.now() - 9min);
  CHECK(w.outcome(w.deliver(words)) == "expired too_old");
  words.time = to_rfc3339(w.clock.now() - 9min + 1ms);
  CHECK(w.outcome(w.deliver(words)) == "sent");
}
