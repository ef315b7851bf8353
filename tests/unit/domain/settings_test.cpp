#include "worker/domain/settings.hpp"

#include <algorithm>

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::effective_limits;
using domain::limit;
using domain::limit_kind;

TEST_CASE("the default limits are the design's") {
  const std::vector<limit> expected = {{limit_kind::phone, 1, 30s},
                                       {limit_kind::phone, 5, 10min},
                                       {limit_kind::phone, 10, 24h},
                                       {limit_kind::user, 10, 1h},
                                       {limit_kind::client_ip, 60, 1h},
                                       {limit_kind::environment, 1'000, 10min},
                                       {limit_kind::environment, 10'000, 24h},
                                       {limit_kind::country, 50, 1h, true},
                                       {limit_kind::prefix, 60, 10min}};
  CHECK(effective_limits({}) == expected);
}

TEST_CASE("written limits replace the defaults of what they name, and stand first in their order") {
  const std::vector<limit> written = {
      {limit_kind::user, 3, 1h}, {limit_kind::application, 9, 1min}, {limit_kind::phone, 2, 60s}};
  const auto all = effective_limits(written);
  CHECK(std::vector(all.begin(), all.begin() + 3) == written);
  CHECK(std::ranges::count(all, limit_kind::phone, &limit::per) == 1);
  CHECK(std::ranges::count(all, limit_kind::user, &limit::per) == 1);
  CHECK(std::ranges::count(all, limit_kind::environment, &limit::per) == 2);
  CHECK(std::ranges::count(all, limit_kind::country, &limit::per) == 1);
  CHECK(all.size() == 3 + 5);
}

TEST_CASE("a written limit per country holds for every country") {
  const auto all = effective_limits({{limit_kind::country, 7, 1h}});
  const auto found = std::ranges::find(all, limit_kind::country, &limit::per);
  REQUIRE(found != all.end());
  CHECK_FALSE(found->unnamed_countries_only);
}

TEST_CASE("a connection id is conn_ and 32 hex digits, and differs by environment") {
  const auto id = domain::derive_connection_id("env_live");
  CHECK(id.size() == 37);
  CHECK(id.starts_with("conn_"));
  CHECK(id.find_first_not_of("0123456789abcdef", 5) == std::string::npos);
  CHECK(domain::derive_connection_id("env_test") != id);
}

TEST_CASE("the first secret that is missing is named") {
  const auto there = std::make_shared<const secret>(std::string("value"));
  domain::environment_settings environment;
  CHECK(environment.missing_secret().empty());
  environment.sms.twilio = domain::twilio_settings{};
  environment.sms.twilio->auth_tokens = {{"env_live/token", there}, {"env_live/old_token", nullptr}};
  CHECK(environment.missing_secret() == "env_live/old_token");
  environment.sms.twilio->auth_tokens.pop_back();
  CHECK(environment.missing_secret().empty());
  environment.sms.twilio->api_key_secret = {"env_live/api_key", nullptr};
  CHECK(environment.missing_secret().empty());  // no API key is used
  environment.sms.twilio->api_key_sid = "SK00000000000000000000000000000000";
  CHECK(environment.missing_secret() == "env_live/api_key");
}
