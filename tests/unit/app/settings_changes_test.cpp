#include "worker/app/commands/settings_changes.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace sendcode;
using app::compare_settings;
using app::settings_change;

TEST_CASE("what is not on the topic yet is new") {
  const auto change = compare_settings("env_a", std::nullopt, R"({"a":1})");
  CHECK(change.what == settings_change::kind::added);
  CHECK(app::to_lines(change) == "env_a: new\n");
}

TEST_CASE("another order of keys and other spaces are no change; another order of a list is one") {
  CHECK(compare_settings("env_a", R"({"a":1,"b":{"c":[1,2]}})", R"({ "b": {"c": [1, 2]}, "a": 1 })").what ==
        settings_change::kind::unchanged);
  CHECK(compare_settings("env_a", R"({"c":[1,2]})", R"({"c":[2,1]})").what == settings_change::kind::changed);
  CHECK(compare_settings("env_a", R"({"c":[]})", R"({"c":{}})").what == settings_change::kind::changed);
  CHECK(compare_settings("env_a", R"({"c":"1"})", R"({"c":1})").what == settings_change::kind::changed);
}

TEST_CASE("each difference is told by its place, with what stood there and what will") {
  const auto change = compare_settings("env_a", R"({"sms":{"code_ttl":"10m","fallback":"kinde","limits":[{"max":1}]}})",
                                       R"({"sms":{"code_ttl":"5m","limits":[{"max":1},{"max":2}],"more":[]}})");
  CHECK(app::to_lines(change) ==
        "env_a: changed\n"
        "  sms.code_ttl: \"10m\" -> \"5m\"\n"
        "  sms.fallback: \"kinde\" (gone)\n"
        "  sms.limits[1].max: 2 (new)\n"
        "  sms.more: [] (new)\n");
  CHECK(app::to_json(change).dump() ==
        R"({"environment_id":"env_a","change":"changed","differences":[)"
        R"({"key":"sms.code_ttl","before":"10m","after":"5m"},{"key":"sms.fallback","before":"kinde"},)"
        R"({"key":"sms.limits[1].max","after":2},{"key":"sms.more","after":[]}]})");
}

TEST_CASE("a secret that somebody wrote in place of its name is not shown; names are") {
  const auto change = compare_settings(
      "env_a",
      R"({"twilio":{"auth_token":"hunter2","auth_tokens":["hunter2"],"api_key":{"sid":"SK1","secret":"hunter2"}},)"
      R"("test_numbers":[{"code":"222222"},{"code":{"secret":"env_a/old"}}]})",
      R"({"twilio":{"auth_token":{"secret":"env_a/token"},"api_key":{"sid":"SK2","secret":{"secret":"env_a/key"}}},)"
      R"("test_numbers":[{"code":{"secret":"env_a/code"}},{"code":{"secret":"env_a/new"}}]})");
  const auto told = app::to_lines(change);
  INFO(told);
  for (const auto* hidden : {"hunter2", "222222"}) {
    CHECK(told.find(hidden) == std::string::npos);
    CHECK(app::to_json(change).dump().find(hidden) == std::string::npos);
  }
  CHECK(told.find("twilio.auth_token: \"(not shown)\" (gone)\n") != std::string::npos);
  CHECK(told.find("twilio.api_key.sid: \"SK1\" -> \"SK2\"\n") != std::string::npos);
  CHECK(told.find("test_numbers[1].code.secret: \"env_a/old\" -> \"env_a/new\"\n") != std::string::npos);
}

TEST_CASE("what stands on the topic and is no JSON is replaced") {
  const auto change = compare_settings("env_a", "{broken \xff", R"({"a":1})");
  CHECK(change.what == settings_change::kind::changed);
  CHECK(app::to_lines(change) == "env_a: changed\n");
}
