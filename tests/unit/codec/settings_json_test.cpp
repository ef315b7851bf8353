#include "worker/codec/settings_json.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "common/config/document.hpp"
#include "tests/catch.hpp"
#include "worker/app/commands/settings_view.hpp"
#include "worker/codec/settings_document.hpp"

using namespace sendcode;

namespace {

const std::filesystem::path schemas = std::filesystem::path(SENDCODE_SOURCE_DIR) / "schemas";

std::string content_of(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

std::string converted(std::string_view yaml) {
  const auto tree = config::parse_yaml(yaml, "f");
  REQUIRE(tree.has_value());
  return codec::settings_to_json(*tree);
}

// The names of all properties of the schema that are no texts, lists or maps.
void collect_literals(const nlohmann::json& schema, std::set<std::string>& into) {
  if (!schema.is_structured()) return;
  if (schema.contains("properties")) {
    for (const auto& [name, property] : schema["properties"].items()) {
      const auto type = property.value("type", nlohmann::json());
      if (type == "boolean" || type == "integer" || type == "number") into.insert(name);
    }
  }
  for (const auto& part : schema) collect_literals(part, into);
}

}  // namespace

TEST_CASE("every example of a settings document means the same as JSON") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(schemas / "examples/settings")) {
    INFO(entry.path());
    const auto yaml = content_of(entry.path());
    const auto from_yaml = codec::decode_settings_yaml(yaml, "", "f");
    const auto from_json = codec::decode_settings_json(converted(yaml), "", "f");
    REQUIRE(from_yaml.has_value());
    REQUIRE(from_json.has_value());
    CHECK(app::view_of(*from_json) == app::view_of(*from_yaml));
    ++count;
  }
  CHECK(count >= 4);
}

TEST_CASE("texts that look like numbers or booleans stay texts, with or without quotes") {
  const auto json = converted(
      "environment_id: 123\napplications: [true, null_app, \"4\"]\nsms:\n  default_country: NO\n"
      "  use_for_mfa: false\n  blocked_prefixes: [+61891]\n  limits: [{per: phone, max: 5, window: 10m}]\n"
      "mfa: {policy: off}\n");
  CHECK(json ==
        R"({"environment_id":"123","applications":["true","null_app","4"],"sms":{"default_country":"NO",)"
        R"("use_for_mfa":false,"blocked_prefixes":["+61891"],"limits":[{"per":"phone","max":5,"window":"10m"}]},)"
        R"("mfa":{"policy":"off"}})");
  CHECK(codec::decode_settings_json(json, "123", "f").has_value());
}

TEST_CASE("the schema has no number or boolean that the conversion does not know") {
  std::set<std::string> names;
  collect_literals(nlohmann::json::parse(content_of(schemas / "settings.schema.json")), names);
  REQUIRE(names.size() == 5);
  for (const auto& name : names) {
    INFO(name);
    CHECK(converted(name + ": 1") == "{\"" + name + "\":1}");
  }
}
