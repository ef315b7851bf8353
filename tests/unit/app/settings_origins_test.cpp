#include "worker/app/commands/settings_origins.hpp"

#include <nlohmann/json.hpp>

#include "common/config/document.hpp"
#include "tests/catch.hpp"
#include "worker/app/commands/settings_view.hpp"
#include "worker/codec/settings_document.hpp"

using namespace sendcode;
using kind = app::origin::kind;

namespace {

constexpr std::string_view text =
    "environment_id: env_a\n"                                                // 1
    "applications:\n"                                                        // 2
    "  - app_web\n"                                                          // 3
    "sms:\n"                                                                 // 4
    "  default_country: AU\n"                                                // 5
    "  twilio:\n"                                                            // 6
    "    account_sid: AC0123456789abcdef0123456789abcdef\n"                  // 7
    "    auth_token: {secret: env_a/token}\n"                                // 8
    "    api_key: {sid: SK0123456789abcdef0123456789abcdef,\n"               // 9
    "              secret: {secret: env_a/key}}\n"                           // 10
    "    source: phone_number\n"                                             // 11
    "    phone_number: \"+61491570006\"\n"                                   // 12
    "  limits:\n"                                                            // 13
    "    - {per: phone, max: 3, window: 30s}\n"                              // 14
    "    - {per: country, max: 7, window: 1h}\n"                             // 15
    "  test_numbers:\n"                                                      // 16
    "    - {phone_number: \"+12025550123\", code: {secret: env_a/code}}\n";  // 17

config::node tree_of(std::string_view document) {
  auto tree = config::parse_yaml(document, "f");
  REQUIRE(tree.has_value());
  return std::move(*tree);
}

nlohmann::ordered_json view_of(std::string_view document) {
  const auto settings = codec::decode_settings_yaml(document, "", "f");
  REQUIRE(settings.has_value());
  return app::view_of(*settings);
}

}  // namespace

TEST_CASE("each value of the settings in force has an origin: its line, the default, or what it is derived from") {
  const auto from = app::origins_of(view_of(text), tree_of(text));
  const auto told = [&](const std::string& place) {
    const auto of = from.find(place);
    return of == from.end() ? "nothing" : app::to_text(of->second, "env_a.yaml");
  };
  CHECK(told("environment_id") == "env_a.yaml:1");
  CHECK(told("connection_id") == "derived");
  CHECK(told("applications") == "env_a.yaml:2");
  CHECK(told("sms.default_country") == "env_a.yaml:5");
  CHECK(told("sms.twilio.auth_token[0]") == "env_a.yaml:8");
  CHECK(told("sms.twilio.api_key.secret") == "env_a.yaml:10");
  CHECK(told("sms.twilio.region") == "default");
  CHECK(told("sms.allowed_countries") == "default");
  CHECK(told("sms.limits[0]") == "env_a.yaml:14");
  CHECK(told("sms.limits[1]") == "env_a.yaml:15");
  CHECK(told("sms.limits[2]") == "default");
  CHECK(told("sms.test_numbers[0]") == "env_a.yaml:17");
  CHECK(told("authentication.phone.applications") == "default");
  CHECK(told("mfa.policy") == "default");
  CHECK(told("sms") == "nothing");  // what holds values is none
  CHECK(app::to_text({kind::written, 0}, "topic") == "topic");
}

TEST_CASE("the settings in force are told a line each, with their origins below one another") {
  const auto view = view_of(text);
  const auto lines = app::to_lines(view, app::origins_of(view, tree_of(text)), "env_a.yaml");
  INFO(lines);
  std::size_t column = 0;
  int values = 0;
  for (std::size_t at = 0; at < lines.size();) {
    const auto line = lines.substr(at, lines.find('\n', at) - at);
    at += line.size() + 1;
    const auto comment = line.find("  # ");
    if (comment == line.npos) {
      CHECK(line.ends_with(':'));  // a heading
      continue;
    }
    ++values;
    const bool longer = line.find_last_not_of(' ', comment) >= 72;
    if (column == 0) column = comment;
    CHECK((comment == column || longer));
  }
  CHECK(values > 25);
  CHECK(lines.find("      - {\"secret\":\"env_a/token\",\"there\":false}") != lines.npos);
  CHECK(lines.find("      secret: {\"secret\":\"env_a/key\",\"there\":false}") != lines.npos);
}

TEST_CASE("a place that is not written stands in the line of what is around it") {
  const auto tree = tree_of(text);
  CHECK(app::line_of(tree, "sms.limits[1].max") == 15);
  CHECK(app::line_of(tree, "sms.limits[2]") == 13);
  CHECK(app::line_of(tree, "sms.fallback") == 4);
  CHECK(app::line_of(tree, "sms.twilio.auth_token[0]") == 8);
  CHECK(app::line_of(tree, "authentication.phone.applications") == 0);
}
