// What editors complete by: schemas/settings.schema.json, and the line that names it in each example.
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "common/config/document.hpp"
#include "tests/catch.hpp"

using nlohmann::json;
using namespace sendcode;
namespace fs = std::filesystem;

namespace {

const fs::path schemas = fs::path(SENDCODE_SOURCE_DIR) / "schemas";

std::string read(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

const json& schema() {
  static const json out = json::parse(read(schemas / "settings.schema.json"));
  return out;
}

const json& resolved(const json& part) {
  const auto ref = part.find("$ref");
  return ref == part.end() ? part : resolved(schema().at(json::json_pointer(ref->get<std::string>().substr(1))));
}

// Each property at or below a part, by its path: "sms.limits[].max".
void each_property(const json& part, const std::string& path,
                   const std::function<void(const std::string&, const json&)>& see) {
  const auto& whole = resolved(part);
  if (whole.contains("items")) each_property(whole["items"], path + "[]", see);
  if (!whole.contains("properties")) return;
  for (const auto& [name, property] : whole["properties"].items()) {
    const auto place = path.empty() ? name : path + '.' + name;
    see(place, property);
    each_property(property, place, see);
  }
}

std::vector<fs::path> examples() {
  std::vector<fs::path> out;
  for (const auto* folder : {"settings", "invalid/settings"}) {
    for (const auto& entry : fs::directory_iterator(schemas / "examples" / folder)) out.push_back(entry.path());
  }
  return out;
}

void collect_keys(const config::node& document, const std::string& path, std::set<std::string>& into) {
  for (const auto& item : document.items) collect_keys(item, path + "[]", into);
  for (const auto& member : document.members) {
    const auto place = path.empty() ? member.key : path + '.' + member.key;
    into.insert(place);
    collect_keys(member.value, place, into);
  }
}

}  // namespace

TEST_CASE("every property of the settings' schema says itself what it is, and has an example") {
  int count = 0;
  each_property(schema(), "", [&](const std::string& place, const json& property) {
    INFO(place);
    // Beside a $ref too: an editor shows what stands at the key.
    CHECK(property.value("description", "").size() >= 15);
    REQUIRE(property.contains("examples"));
    CHECK_FALSE(property["examples"].empty());
    ++count;
  });
  CHECK(count >= 35);
}

TEST_CASE("every settings example begins with the line by which editors find the schema") {
  const std::string line = "# yaml-language-server: $schema=";
  const auto all = examples();
  REQUIRE(all.size() >= 80);
  for (const auto& file : all) {
    INFO(file);
    const auto text = read(file);
    const auto first = text.substr(0, text.find('\n'));
    REQUIRE(first.starts_with(line));
    CHECK(fs::equivalent(file.parent_path() / first.substr(line.size()), schemas / "settings.schema.json"));
  }
}

TEST_CASE("there is a good example of every key, and of each way to begin") {
  std::set<std::string> used;
  for (const auto* name : {"without_twilio", "phone_number", "messaging_service", "mfa_only", "many_applications",
                           "regions", "test_numbers"}) {
    const auto file = schemas / "examples/settings" / (std::string(name) + ".yaml");
    INFO(file);
    const auto document = config::parse_yaml(read(file), name);
    REQUIRE(document.has_value());
    collect_keys(*document, "", used);
  }
  each_property(schema(), "", [&](const std::string& place, const json&) {
    INFO(place);
    CHECK(used.contains(place));
  });
}
