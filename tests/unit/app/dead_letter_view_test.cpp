#include "worker/app/commands/dead_letter_view.hpp"

#include <nlohmann/json.hpp>

#include "common/bytes.hpp"
#include "tests/catch.hpp"
#include "worker/domain/event.hpp"

using namespace sendcode;

namespace {

app::dead_letter a_letter(std::string error, std::optional<std::string> value) {
  return {.partition = 0,
          .offset = 17,
          .appended_at = from_unix_ms(0),
          .error = std::move(error),
          .detail = "phone_number: not a text",
          .source_topic = "sms.send-code",
          .source_partition = "3",
          .source_offset = "1042",
          .left_out_bytes = {},
          .key = "+61491570006",
          .headers = {{"ce_specversion", "1.0"},
                      {"ce_id", "evt-1"},
                      {"ce_source", "/sign-in"},
                      {"ce_type", "io.sendcode.send-code.v1"},
                      {"ce_time", "2026-11-23T08:15:30Z"},
                      {"who", "+61491570006"}},
          .value = std::move(value)};
}

const std::string value =
    R"({"environment_id": "env_live", "challenge_id": "k3Jw9sQ2vT7yB4nH1cXzLg", "phone_number": "+61 491 570 006",)"
    R"( "user_id": "0491570006", "device_token": "secret", "more": {"numbers": [61491570006, 7]}})";

}  // namespace

TEST_CASE("a dead letter is shown whole enough to act on, without a phone number or a token in it") {
  const auto letter = a_letter("invalid_event", value);
  const auto page = app::to_page(letter, {.replayed = true});
  for (const auto* part :
       {"place       0:17\n", "error       invalid_event\n", "detail      phone_number: not a text\n",
        "source      sms.send-code 3:1042\n", "replayed    yes\n", "key         +61*******06\n",
        "  ce_id             evt-1\n", "  who               +61*******06\n", "\"environment_id\": \"env_live\"",
        "\"challenge_id\": \"k3Jw9sQ2vT7yB4nH1cXzLg\"", "\"phone_number\": \"+61*******06\""}) {
    INFO(page);
    CHECK(page.find(part) != std::string::npos);
  }
  CHECK(page.find(std::to_string(value.size()) + " bytes") != std::string::npos);
  for (const auto* hidden : {"570006", "570 006", "secret"}) CHECK(page.find(hidden) == std::string::npos);
}

TEST_CASE("a dead letter for programs is one object with the same in it") {
  const auto json = app::to_page_json(a_letter("invalid_event", value), false);
  CHECK(json["partition"] == 0);
  CHECK(json["offset"] == 17);
  CHECK(json["replayed"] == false);
  CHECK(json["key"] == "+61*******06");
  CHECK(json["event"]["id"] == "evt-1");
  CHECK(json["event"]["mode"] == "binary");
  CHECK(json["headers"][5]["value"] == "+61*******06");
  CHECK(json["value"]["more"]["numbers"][0] == "***********");
  CHECK(json["value"]["more"]["numbers"][1] == 7);
  CHECK(json["value_bytes"] == value.size());
}

TEST_CASE("the request id is the one that the event's status would bear") {
  const auto id = domain::make_request_id("env_live", "/sign-in", "evt-1");
  CHECK(app::to_page_json(a_letter("invalid_event", value), false)["event"]["request_id"] == to_hex(as_text(id)));
}

TEST_CASE("attributes of structured mode are found in the value") {
  auto letter = a_letter("invalid_event", R"({"specversion":"1.0","id":"in","source":"/s","type":"t","data":{}})");
  letter.headers = {{"content-type", "application/cloudevents+json; charset=utf-8"}};
  const auto json = app::to_page_json(letter, false);
  CHECK(json["event"]["mode"] == "structured");
  CHECK(json["event"]["id"] == "in");
  CHECK(json["event"]["source"] == "/s");
}

TEST_CASE("what is no JSON, or nested without end, is shown as text that a terminal can bear") {
  const auto broken = app::to_page(a_letter("invalid_json", "{\"phone\": \"+61491570006\x1b[2J"), {});
  CHECK(broken.find("{\"phone\": \"+61*******06\\x1b[2J") != std::string::npos);
  const auto deep = app::to_page(a_letter("invalid_event", std::string(100'000, '[')), {});
  CHECK(deep.find("[[[[") != std::string::npos);
  CHECK(deep.find("…") != std::string::npos);
  // What a reader of JSON would have hidden is what was wrong with it.
  const auto twice = app::to_page(a_letter("invalid_json", R"({"a": 1, "a": 2})"), {});
  CHECK(twice.find(R"({"a": 1, "a": 2})") != std::string::npos);
}

TEST_CASE("a device's token is hidden in what is no JSON too, and data in base64 everywhere") {
  for (const auto* text :
       {R"({"device_token": "AbC-_9", "a": 1, "a": 2, "data_base64":"eyJw+/=="})",
        R"({"device_token":"AbC-_9","data_base64" : "eyJw+/==)", "device_token=AbC-_9&data_base64=eyJw+/=="}) {
    const auto page = app::to_page(a_letter("invalid_json", text), {});
    INFO(page);
    CHECK(page.find("AbC-_9") == std::string::npos);
    CHECK(page.find("eyJw") == std::string::npos);
    CHECK(page.find("(left out)") != std::string::npos);
  }
  const auto twice =
      app::to_page(a_letter("invalid_json", R"({"device_token": "x", "a": 1, "device_token": "y"})"), {});
  CHECK(twice.find(R"x({"device_token": "(left out)", "a": 1, "device_token": "(left out)"})x") != std::string::npos);
  const auto json = app::to_page_json(a_letter("invalid_event", R"({"data_base64": "eyJw+/=="})"), false);
  CHECK(json["value"]["data_base64"] == "(left out)");
}

TEST_CASE("a value that was left out, or never was, is told") {
  auto letter = a_letter("too_large", std::nullopt);
  CHECK(app::to_page(letter, {}).find("value       none\n") != std::string::npos);
  letter.left_out_bytes = "800000";
  CHECK(app::to_page(letter, {}).find("value       800000 bytes, too many to copy\n") != std::string::npos);
  CHECK(app::to_page_json(letter, false)["value"].is_null());
}
