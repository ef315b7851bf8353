#include "worker/codec/settings_document.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path examples = std::filesystem::path(SENDCODE_SOURCE_DIR) / "schemas" / "examples";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The least document, with lines put below `sms` (indented by two) or at the end.
std::string document(std::string_view sms = "", std::string_view more = "") {
  return "environment_id: env_a\napplications: [app_web]\nsms:\n  default_country: AU\n" + std::string(sms) +
         std::string(more);
}

std::string twilio(std::string_view changed_key = "", std::string_view line = "") {
  std::string out = "  twilio:\n";
  for (const auto& [key, text] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"account_sid", "AC0123456789abcdef0123456789abcdef"},
           {"auth_token", "{secret: env_a/token}"},
           {"source", "messaging_service"},
           {"messaging_service_sid", "MG0123456789abcdef0123456789abcdef"}}) {
    if (key == changed_key) continue;
    out += "    " + std::string(key) + ": " + std::string(text) + "\n";
  }
  if (!line.empty()) out += "    " + std::string(line) + "\n";
  return out;
}

domain::environment_settings accepted(std::string_view text) {
  auto out = codec::decode_settings_yaml(text, "env_a", "env_a.yaml");
  if (!out) FAIL(text << "\n" << config::to_text(out.error()));
  return std::move(*out);
}

// All problems, one line each; empty if there are none.
std::string refusal(std::string_view text) {
  const auto out = codec::decode_settings_yaml(text, "env_a", "env_a.yaml");
  return out ? "" : config::to_text(out.error());
}

bool is_refused(std::string_view text) {
  return !refusal(text).empty();
}

}  // namespace

TEST_CASE("the least settings document has the defaults") {
  const auto out = accepted(document());
  CHECK(out.environment_id == "env_a");
  CHECK(out.connection_id == domain::derive_connection_id("env_a"));
  CHECK(out.applications == std::vector<std::string>{"app_web"});
  CHECK_FALSE(out.sms.twilio.has_value());
  CHECK(out.sms.fallback == domain::fallback_sender::none);
  CHECK(out.sms.use_for_mfa);
  CHECK_FALSE(out.sms.provide_feedback);
  CHECK(out.sms.code_ttl == 600s);
  CHECK(out.sms.allowed_countries == std::vector<std::string>{"AU"});
  CHECK_FALSE(out.sms.every_country);
  CHECK(out.sms.limits == domain::default_limits());
  CHECK(out.phone_applications.empty());
  CHECK(out.mfa == domain::mfa_policy::off);
}

TEST_CASE("a whole settings document is read in every field") {
  const auto out = codec::decode_settings_yaml(content_of(examples / "settings" / "messaging_service.yaml"), "env_live",
                                               "env_live.yaml");
  REQUIRE(out.has_value());
  const auto& sms = out->sms;
  REQUIRE(sms.twilio.has_value());
  CHECK(sms.twilio->account_sid == "AC00000000000000000000000000000002");
  REQUIRE(sms.twilio->auth_tokens.size() == 2);
  CHECK(sms.twilio->auth_tokens[0].name == "env_live/twilio_auth_token_new");
  CHECK(sms.twilio->auth_tokens[1].name == "env_live/twilio_auth_token_old");
  CHECK(sms.twilio->auth_tokens[0].value == nullptr);
  CHECK(sms.twilio->api_key_sid == "SK00000000000000000000000000000002");
  CHECK(sms.twilio->api_key_secret.name == "env_live/twilio_api_key");
  CHECK(sms.twilio->region == domain::twilio_region::au1);
  CHECK(sms.twilio->source == domain::sms_source::messaging_service);
  CHECK(sms.twilio->messaging_service_sid == "MG00000000000000000000000000000002");
  CHECK(sms.twilio->phone_number == "+61491570156");
  CHECK(sms.fallback == domain::fallback_sender::kinde);
  CHECK(sms.code_ttl == 900s);
  CHECK(sms.allow_long_ttl);
  CHECK(sms.allowed_countries == std::vector<std::string>{"AU", "NZ", "NO"});
  CHECK(sms.blocked_prefixes == std::vector<std::string>{"+6189160"});
  CHECK(sms.allowed_prefixes == std::vector<std::string>{"+1500555"});
  REQUIRE(sms.limits.size() == 8);
  CHECK(sms.limits[0] == domain::limit{domain::limit_kind::phone, 1, 30s});
  CHECK(sms.limits[6] == domain::limit{domain::limit_kind::country, 2'000, 86'400s});
  REQUIRE(sms.test_numbers.size() == 2);
  CHECK(sms.test_numbers[1].phone_number == "+61491570157");
  CHECK(sms.test_numbers[1].code.name == "env_live/test_code");
  CHECK(out->phone_applications == std::vector<std::string>{"app_web"});
  CHECK(out->mfa == domain::mfa_policy::optional);
  CHECK(out->sms_factor);
}

TEST_CASE("JSON settings obey the same rules, and a number is no text") {
  const std::string_view good =
      R"({"environment_id":"env_a","applications":["app_web"],"sms":{"default_country":"NO","limits":[{"per":"user","max":3,"window":"1m"}]}})";
  CHECK(codec::decode_settings_json(good, "env_a", "record").has_value());
  CHECK_FALSE(codec::decode_settings_json(good, "env_b", "record").has_value());
  CHECK_FALSE(codec::decode_settings_json(R"({"environment_id":1,"applications":["a"],"sms":{"default_country":"NO"}})",
                                          "1", "record")
                  .has_value());
  CHECK_FALSE(codec::decode_settings_json("null", "env_a", "record").has_value());
  CHECK_FALSE(codec::decode_settings_json("[]", "env_a", "record").has_value());
}

TEST_CASE("all problems of a settings document are told at once, with line, key, value and what is allowed") {
  CHECK(refusal("environment_id: env_b\napplications: []\nsms:\n  default_country: au\n  code_ttl: 5 apples\n"
                "  falback: kinde\nmfa: {policy: maybe}\n") ==
        "env_a.yaml:1: environment_id: \"env_b\": env_a, as the name of the file or the record's key says\n"
        "env_a.yaml:2: applications: 0 entries: a list of texts from 1 to 1000 entries\n"
        "env_a.yaml:6: sms.falback: not a key here; did you mean fallback?\n"
        "env_a.yaml:4: sms.default_country: \"au\": an ISO 3166-1 country code of two capitals, such as AU\n"
        "env_a.yaml:5: sms.code_ttl: \"5 apples\": a duration from 1m to 2h, such as 10m\n"
        "env_a.yaml:7: mfa.policy: \"maybe\": one of off, optional, required\n");
}

TEST_CASE("off, no and NO are the words that were written") {
  CHECK(accepted(document("", "mfa: {policy: off}\n")).mfa == domain::mfa_policy::off);
  CHECK(accepted("environment_id: env_a\napplications: [no]\nsms: {default_country: NO}\n").sms.default_country ==
        "NO");
  CHECK(accepted(document(twilio("source", "source: phone_number\n    phone_number: +61491570006")))
            .sms.twilio->phone_number == "+61491570006");
  CHECK(is_refused(document("  use_for_mfa: off\n")));
  CHECK(is_refused(document("  use_for_mfa: \"true\"\n")));
  CHECK(is_refused(document("  use_for_mfa: True\n")));
  CHECK_FALSE(accepted(document("  use_for_mfa: false\n")).sms.use_for_mfa);
  CHECK(accepted(document("  provide_feedback: true\n")).sms.provide_feedback);
  CHECK(is_refused(document("  provide_feedback: \"true\"\n")));
}

TEST_CASE("code_ttl runs from 1m to 120m, and above 10m only when allowed") {
  CHECK(accepted(document("  code_ttl: 1m\n")).sms.code_ttl == 60s);
  CHECK(accepted(document("  code_ttl: 60s\n")).sms.code_ttl == 60s);
  CHECK(accepted(document("  code_ttl: 600s\n")).sms.code_ttl == 600s);
  CHECK(accepted(document("  code_ttl: 120m\n  allow_long_ttl: true\n")).sms.code_ttl == 7'200s);
  CHECK(accepted(document("  code_ttl: 2h\n  allow_long_ttl: true\n")).sms.code_ttl == 7'200s);
  for (const char* bad : {"59s", "0m", "601s", "11m", "010m", "10", "10 m", "600000ms", "-5m", "1e1m", "''"}) {
    INFO(bad);
    CHECK(is_refused(document("  code_ttl: " + std::string(bad) + "\n")));
  }
  CHECK(is_refused(document("  code_ttl: 121m\n  allow_long_ttl: true\n")));
  CHECK(is_refused(document("  code_ttl: 11m\n  allow_long_ttl: false\n")));
  CHECK(is_refused(document("  code_ttl: 99999999999999999999m\n")));
}

TEST_CASE("limits are bounded by what Redis keeps") {
  const auto limit = [](std::string_view text) { return document("  limits: [" + std::string(text) + "]\n"); };
  CHECK(accepted(limit("{per: phone, max: 100, window: 24h}")).sms.limits[0].max == 100);
  CHECK(accepted(limit("{per: phone, max: 1, window: 1s}")).sms.limits[0].window == 1s);
  CHECK(accepted(limit("{per: environment, max: 4294967295, window: 1d}")).sms.limits[0].max == 4'294'967'295U);
  for (const char* bad :
       {"{per: phone, max: 101, window: 1h}", "{per: user, max: 101, window: 1h}",
        "{per: client_ip, max: 101, window: 1h}", "{per: phone, max: 0, window: 1h}",
        "{per: phone, max: -1, window: 1h}", "{per: phone, max: 1.5, window: 1h}",
        "{per: phone, max: \"1\", window: 1h}", "{per: phone, max: 1, window: 0s}",
        "{per: phone, max: 1, window: 86401s}", "{per: phone, max: 1, window: 1500ms}",
        "{per: device, max: 1, window: 1h}", "{per: phone, max: 1}", "{max: 1, window: 1h}", "{per: phone, window: 1h}",
        "phone", "{per: environment, max: 4294967296, window: 1h}", "{per: prefix, max: 1, window: 25h}"}) {
    INFO(bad);
    CHECK(is_refused(limit(bad)));
  }
  CHECK(is_refused(limit("{per: prefix, max: 1, window: 60s}, {per: prefix, max: 9, window: 1m}")));
  CHECK_FALSE(is_refused(limit("{per: prefix, max: 1, window: 60s}, {per: country, max: 9, window: 1m}")));
}

TEST_CASE("limits replace the defaults of each per that they name") {
  const auto limits = accepted(document("  limits: [{per: phone, max: 2, window: 1m}]\n")).sms.limits;
  CHECK(limits[0] == domain::limit{domain::limit_kind::phone, 2, 60s});
  CHECK(std::ranges::count(limits, domain::limit_kind::phone, &domain::limit::per) == 1);
  CHECK(std::ranges::count(limits, domain::limit_kind::environment, &domain::limit::per) == 2);
}

TEST_CASE("allowed_countries is a list of assigned codes, or the written star") {
  CHECK(accepted(document("  allowed_countries: \"*\"\n")).sms.every_country);
  CHECK(accepted(document("  allowed_countries: [AU, XK, ZW, AD]\n")).sms.allowed_countries.size() == 4);
  for (const char* bad : {"*", "[\"*\"]", "all", "[]", "[AA]", "[ZZ]", "[au]", "[AUS]", "[EU]", "[UK]", "[AU, AU]",
                          "true", "{AU: true}", "[\"A \"]", "[\" A\"]"}) {
    INFO(bad);
    CHECK(is_refused(document("  allowed_countries: " + std::string(bad) + "\n")));
  }
}

TEST_CASE("a source needs what it names") {
  CHECK_FALSE(is_refused(document(twilio())));
  CHECK(refusal(document(twilio("messaging_service_sid"))).find("sms.twilio.messaging_service_sid: missing") !=
        std::string::npos);
  CHECK(refusal(document(twilio("source", "source: phone_number"))).find("sms.twilio.phone_number: missing") !=
        std::string::npos);
  CHECK(refusal(document(twilio("source"))).find("sms.twilio.source: missing") != std::string::npos);
  CHECK(is_refused(document(twilio("account_sid", "account_sid: AC0123456789ABCDEF0123456789abcdef"))));
  CHECK(is_refused(document(twilio("account_sid", "account_sid: AC0123456789abcdef0123456789abcde"))));
  CHECK(is_refused(document(twilio("account_sid", "account_sid: AC0123456789abcdef0123456789abcdef0"))));
  CHECK(is_refused(document(twilio("", "region: us2"))));
  CHECK(is_refused(document("  twilio:\n")));
}

TEST_CASE("secrets are named below the environment's own folder, and never told") {
  const auto token = [](std::string_view text) {
    return document(twilio("auth_token", "auth_token: " + std::string(text)));
  };
  CHECK_FALSE(is_refused(token("{secret: env_a/x}")));
  CHECK_FALSE(is_refused(token("[{secret: env_a/x}, {secret: env_a/y}]")));
  for (const char* bad :
       {"{secret: env_b/hunter2}", "{secret: hunter2}", "{secret: /env_a/hunter2}", "{secret: env_a/../env_b/hunter2}",
        "{secret: env_a/./hunter2}", "{secret: env_a//hunter2}", "{secret: env_a/}", "{secret: env_abc/hunter2}",
        "hunter2", "[hunter2, {secret: env_a/x}]", "[{secret: env_a/x}]", "[{secret: env_a/x}, {secret: env_a/x}]",
        "{secret: [hunter2]}", "{secret: {secret: hunter2}}", "{value: hunter2}", "{secret: env_a/x, value: hunter2}",
        "{secret: \"env_a/hunter2\\u0000\"}"}) {
    INFO(bad);
    const auto told = refusal(token(bad));
    CHECK_FALSE(told.empty());
    CHECK(told.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a document in another environment's file is refused, whosever secrets it names") {
  for (const char* owner : {"env_a", "env_b"}) {
    const auto told = codec::decode_settings_yaml(
        "environment_id: env_b\napplications: [a]\nsms:\n  default_country: AU\n"
        "  test_numbers: [{phone_number: \"+12025550123\", code: {secret: " +
            std::string(owner) + "/x}}]\n",
        "env_a", "env_a.yaml");
    REQUIRE_FALSE(told.has_value());
    CHECK(told.error().front().path == "environment_id");
    CHECK(told.error().size() == (owner == std::string_view("env_b") ? 1 : 2));
  }
}

TEST_CASE("test numbers are at most ten, and fictional") {
  const auto numbers = [](int count) {
    std::string out = "  test_numbers:\n";
    for (int i = 0; i < count; ++i) {
      out += "    - {phone_number: \"+120255501" + std::to_string(10 + i) + "\", code: {secret: env_a/code}}\n";
    }
    return document(out);
  };
  CHECK(accepted(numbers(10)).sms.test_numbers.size() == 10);
  CHECK(is_refused(numbers(11)));
  const auto one = [](std::string_view number) {
    return document("  test_numbers: [{phone_number: \"" + std::string(number) + "\", code: {secret: env_a/code}}]\n");
  };
  CHECK_FALSE(is_refused(one("+61491570006")));
  CHECK(refusal(one("+61412345678")).find("reserved for fiction") != std::string::npos);
  CHECK(is_refused(document("  test_numbers: [{phone_number: \"+12025550123\", code: \"123456\"}]\n")));
  CHECK(refusal(document("  test_numbers: [{phone_number: \"+12025550123\", code: \"123456\"}]\n")).find("123456") ==
        std::string::npos);
  CHECK(
      is_refused(document("  test_numbers: [{phone_number: \"+12025550123\", code: {secret: env_a/a}}, "
                          "{phone_number: \"+12025550123\", code: {secret: env_a/b}}]\n")));
}

TEST_CASE("phone authentication is switched on for applications that exist") {
  CHECK_FALSE(is_refused(document("", "authentication: {phone: {applications: [app_web]}}\n")));
  CHECK_FALSE(is_refused(document("", "authentication: {phone: {applications: []}}\n")));
  CHECK(refusal(document("", "authentication: {phone: {applications: [app_ios]}}\n")).find("app_ios is not there") !=
        std::string::npos);
}

TEST_CASE("an identifier has 1 to 64 characters") {
  const auto named = [](const std::string& name) {
    return !codec::decode_settings_yaml(
                "environment_id: \"" + name + "\"\napplications: [a]\nsms: {default_country: AU}\n", "", "x")
                .has_value();
  };
  CHECK_FALSE(named("a"));
  CHECK_FALSE(named(std::string(64, 'a')));
  CHECK(named(std::string(65, 'a')));
  CHECK(named(""));
  CHECK(named("env live"));
  CHECK(named("env.live"));
  CHECK(named("{env}"));
}

TEST_CASE("documents broken at random are accepted or refused with a reason, and nothing worse") {
  const auto yaml = content_of(examples / "settings" / "messaging_service.yaml");
  const std::string json =
      R"({"environment_id":"env_a","applications":["app_web"],"sms":{"default_country":"NO","code_ttl":"5m",)"
      R"("limits":[{"per":"user","max":3,"window":"1m"}],"allowed_countries":["NO"],"use_for_mfa":true}})";
  constexpr std::string_view pieces = "\"'{}[]:,-?&*!|>%@`#~\n\t \\0a\xff";
  std::mt19937 random(20'261'123);
  const auto below = [&](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  int refused = 0;
  for (int round = 0; round < 2'000; ++round) {
    const bool as_yaml = round % 2 == 0;
    std::string text = as_yaml ? yaml : json;
    for (auto edits = 1 + below(4); edits > 0; --edits) {
      const auto at = below(text.size());
      switch (below(3)) {
        case 0:
          text[at] = pieces[below(pieces.size())];
          break;
        case 1:
          text.insert(at, 1, pieces[below(pieces.size())]);
          break;
        default:
          text.erase(at, 1 + below(20));
          break;
      }
    }
    const auto out = as_yaml ? codec::decode_settings_yaml(text, "", "f") : codec::decode_settings_json(text, "", "f");
    if (out) continue;
    ++refused;
    REQUIRE_FALSE(out.error().empty());
    for (const auto& problem : out.error()) REQUIRE_FALSE(problem.allowed.empty());
  }
  CHECK(refused > 1'000);
}
