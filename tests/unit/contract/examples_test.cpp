// The examples in schemas/ against the code that reads such documents: the code takes the good ones, and refuses each
// bad one where its name says that it is bad (<field>.<what is wrong>[.<note>]). That the schemas judge them the same
// way is tests/contract/validate's part.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "worker/codec/event_decoder.hpp"
#include "worker/codec/settings_document.hpp"
#include "worker/domain/twilio_receipt.hpp"

using namespace sendcode;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

std::vector<fs::path> examples(const std::string& folder, std::size_t least) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(SENDCODE_SOURCE_DIR) / "schemas/examples" / folder)) {
    out.push_back(entry.path());
  }
  std::ranges::sort(out);
  REQUIRE(out.size() >= least);  // an empty folder would prove nothing
  return out;
}

const std::vector<domain::record_header> binary_headers = {{"ce_specversion", "1.0"},
                                                           {"ce_id", "an id"},
                                                           {"ce_source", "/sign-in"},
                                                           {"ce_type", "io.sendcode.send-code.v1"},
                                                           {"content-type", "application/json"}};
const std::vector<domain::record_header> structured_headers = {{"content-type", "application/cloudevents+json"}};

// "sms.limits.0.max.too_large.for_phone.yaml" -> "sms.limits[0].max"
std::string field_of(const fs::path& file) {
  constexpr std::array reasons = {"missing",   "unknown",  "wrong_type",  "wrong_form",  "wrong_format",
                                  "too_short", "too_long", "too_small",   "too_large",   "too_few",
                                  "too_many",  "repeated", "not_in_list", "not_the_one", "not_allowed"};
  std::istringstream parts(file.stem().string());
  std::string out;
  for (std::string part; std::getline(parts, part, '.');) {
    if (std::ranges::find(reasons, part) != reasons.end()) break;
    const bool index = part.find_first_not_of("0123456789") == std::string::npos;
    out += index ? '[' + part + ']' : (out.empty() ? part : '.' + part);
  }
  return out;
}

}  // namespace

TEST_CASE("the decoder takes every example of send-code data") {
  for (const auto& file : examples("send-code", 4)) {
    INFO(file);
    const auto event = codec::decode_event(binary_headers, read(file));
    if (!event) FAIL(event.error().detail);
    CHECK(event->challenge_id == nlohmann::json::parse(read(file))["challenge_id"].get<std::string>());
  }
}

TEST_CASE("the decoder takes every example of a structured event") {
  for (const auto& file : examples("send-code.event", 2)) {
    INFO(file);
    const auto event = codec::decode_event(structured_headers, read(file));
    if (!event) FAIL(event.error().detail);
    CHECK(event->id == nlohmann::json::parse(read(file))["id"].get<std::string>());
  }
}

TEST_CASE("binary and structured mode make the same event of the same words") {
  const fs::path folder = fs::path(SENDCODE_SOURCE_DIR) / "schemas/examples/records";
  const auto binary = nlohmann::json::parse(read(folder / "send-code_binary.json"));
  const auto structured = nlohmann::json::parse(read(folder / "send-code_structured.json"));
  std::vector<std::pair<std::string, std::string>> kept;
  for (const auto& [name, value] : binary["headers"].items()) kept.emplace_back(name, value);
  std::vector<domain::record_header> headers;
  for (const auto& [name, value] : kept) headers.push_back({name, value});

  const auto first = codec::decode_event(headers, binary["value"].dump());
  const auto second = codec::decode_event(structured_headers, structured["value"].dump());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->request_id == second->request_id);
  CHECK(first->data_digest == second->data_digest);
  CHECK(first->time == second->time);
  CHECK(first->traceparent == second->traceparent);
  CHECK_FALSE(first->traceparent.empty());
}

TEST_CASE("the decoder refuses every bad example of send-code data, and names its field") {
  for (const auto& file : examples("invalid/send-code", 20)) {
    INFO(file);
    const auto event = codec::decode_event(binary_headers, read(file));
    REQUIRE_FALSE(event);
    const std::string field = field_of(file);
    if (field == "document") {
      CHECK(event.error().error == domain::dead_letter_error::invalid_json);
      continue;
    }
    CHECK(event.error().error == domain::dead_letter_error::invalid_event);
    CHECK(event.error().detail.starts_with(field + ' '));
  }
}

TEST_CASE("the decoder refuses every bad example of a structured event, and names its field") {
  for (const auto& file : examples("invalid/send-code.event", 10)) {
    INFO(file);
    const auto event = codec::decode_event(structured_headers, read(file));
    REQUIRE_FALSE(event);
    const std::string field = field_of(file);
    INFO(event.error().detail);
    if (field.starts_with("data")) {
      CHECK(event.error().error == domain::dead_letter_error::invalid_event);
      if (field != "data") CHECK(event.error().detail.starts_with(field.substr(5) + ' '));
    } else {
      CHECK(event.error().error == domain::dead_letter_error::not_cloudevent);
      CHECK(event.error().detail.starts_with(field + ' '));
    }
  }
}

TEST_CASE("every example of a receipt is understood") {
  int count = 0;
  for (const auto& file : examples("openapi", 10)) {
    if (!file.filename().string().starts_with("Receipt.")) continue;
    INFO(file);
    ++count;
    form_fields fields;
    const auto document = nlohmann::json::parse(read(file));
    for (const auto& [name, value] : document.items()) fields.emplace_back(name, value);
    CHECK(domain::read_twilio_receipt(fields));
  }
  CHECK(count >= 1);
}

TEST_CASE("every settings example is taken") {
  for (const auto& file : examples("settings", 4)) {
    INFO(file);
    const auto settings = codec::decode_settings_yaml(read(file), "", file.filename().string());
    if (!settings) FAIL(config::to_text(settings.error()));
    CHECK_FALSE(settings->sms.default_country.empty());
  }
}

TEST_CASE("every bad settings example is refused, with the line and the key that its name says") {
  for (const auto& file : examples("invalid/settings", 80)) {
    INFO(file);
    const auto settings = codec::decode_settings_yaml(read(file), "", file.filename().string());
    REQUIRE_FALSE(settings);
    INFO(config::to_text(settings.error()));
    // Told at the life that is too long, which is what its author looks at.
    const std::string field = field_of(file) == "sms.allow_long_ttl" ? "sms.code_ttl" : field_of(file);
    const bool named = std::ranges::any_of(settings.error(), [&](const config::problem& p) {
      // What is missing or unknown may be told with the place where it should stand or stands.
      return p.path == field || p.path.starts_with(field + '.') || p.path.starts_with(field + '[');
    });
    CHECK(named);
  }
}
