#include "worker/codec/event_decoder.hpp"

#include "tests/catch.hpp"
#include "tests/unit/codec/event_text.hpp"

using namespace sendcode;
using tests::event_text;
using tests::good_data;
using tests::good_envelope;
using tests::structured;

namespace {

const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

}  // namespace

TEST_CASE("an event in binary mode is read whole") {
  event_text text;
  text.set("ce_time", "2026-11-23T18:45:30.5+10:30").set("ce_traceparent", trace);
  text.member(
      "\"purpose\"",
      R"("country":"AU","locale":"en-AU","client_ip":"203.0.113.7","user_id":"user 1","device_token":"abc","purpose")");
  const auto event = text.decode();
  if (!event) FAIL(event.error().detail);
  CHECK(event->source == "/sign-in");
  CHECK(event->id == "an event");
  CHECK(event->time == from_rfc3339("2026-11-23T08:15:30.500Z"));
  CHECK(event->traceparent == trace);
  CHECK(event->environment_id == "env_live");
  CHECK(event->application_id == "app_web");
  CHECK(event->challenge_id == "k3Jw9sQ2vT7yB4nH1cXzLg");
  CHECK(event->purpose == domain::purpose::sign_in);
  CHECK(event->phone_number == "0491 570 006");
  CHECK(event->connection_id == "conn_1");
  CHECK(event->country == "AU");
  CHECK(event->locale == "en-AU");
  CHECK(event->client_ip == "203.0.113.7");
  CHECK(event->user_id == "user 1");
  CHECK(event->device_token == "abc");
  CHECK(event->request_id == domain::make_request_id("env_live", "/sign-in", "an event"));
}

TEST_CASE("an event in structured mode is the same event") {
  const auto event = structured(good_envelope).decode();
  if (!event) FAIL(event.error().detail);
  const auto binary = event_text{}.decode();
  CHECK(event->request_id == binary->request_id);
  CHECK(event->data_digest == binary->data_digest);
  CHECK_FALSE(event->time);
  for (const char* type : {"application/cloudevents+json", "application/cloudevents+json;charset=UTF-8",
                           "application/cloudevents+json ; charset=UTF-8", "Application/CloudEvents+JSON"}) {
    INFO(type);
    CHECK(structured(good_envelope).set("content-type", type).error().empty());
  }
}

TEST_CASE("an attribute that is null is not set, as CloudEvents has it") {
  CHECK(structured(good_envelope + R"(,"time":null,"traceparent":null,"subject":null)").error().empty());
  CHECK(structured(R"("specversion":"1.0","type":"io.sendcode.send-code.v1","source":"/sign-in","id":null)").error() ==
        "not_cloudevent");
}

TEST_CASE("the data's digest holds for any order and any unknown field, and differs with each known one") {
  const auto digest = [](const std::string& data) {
    event_text text;
    text.value = data;
    const auto event = text.decode();
    if (!event) FAIL(event.error().detail);
    return event->data_digest;
  };
  const auto original = digest(good_data);
  CHECK(
      digest(
          R"({ "connection_id":"conn_1","phone_number":"0491 570 006","purpose":"sign_in","challenge_id":"k3Jw9sQ2vT7yB4nH1cXzLg",)"
          R"("application_id":"app_web","environment_id":"env\u005flive","new_field":{"a":[1,2]} })") == original);
  const std::pair<const char*, const char*> changes[] = {{"env_live", "env_test"},
                                                         {"app_web", "app_other"},
                                                         {"k3Jw9sQ2vT7yB4nH1cXzLg", "k3Jw9sQ2vT7yB4nH1cXzLh"},
                                                         {"0491 570 006", "0491570006"},
                                                         {"conn_1", "conn_2"},
                                                         {"{", R"({"country":"AU",)"},
                                                         {"{", R"({"locale":"de",)"},
                                                         {"{", R"({"client_ip":"203.0.113.7",)"},
                                                         {"{", R"({"user_id":"u",)"},
                                                         {"{", R"({"device_token":"t",)"},
                                                         {"\"sign_in\"", R"("mfa","user_id":"u")"}};
  for (const auto& [was, is] : changes) {
    INFO(is);
    CHECK(digest(event_text{}.member(was, is).value) != original);
  }
}

TEST_CASE("a traceparent that is not well formed is dropped, and the event goes on") {
  for (const auto& bad :
       {std::string("x"), std::string(), trace + "-00", "ff" + trace.substr(2),
        std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
        std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"), std::string("\xff\xfe")}) {
    INFO(bad);
    const auto event = event_text{}.set("ce_traceparent", bad).decode();
    REQUIRE(event);
    CHECK(event->traceparent.empty());
  }
}

TEST_CASE("attributes that are missing, wrong, too long or with control characters are not_cloudevent") {
  for (const char* name : {"ce_specversion", "ce_type", "ce_source", "ce_id"}) {
    CHECK(event_text{}.without(name).error() == "not_cloudevent");
    CHECK(event_text{}.set(name, "").error() == "not_cloudevent");
  }
  CHECK(event_text{}.set("ce_specversion", "0.3").error() == "not_cloudevent");
  CHECK(event_text{}.set("ce_type", "io.sendcode.send-code.v2").error() == "not_cloudevent");
  for (const char* name : {"ce_source", "ce_id"}) {
    CHECK(event_text{}.set(name, std::string(256, 'x')).error().empty());
    CHECK(event_text{}.set(name, std::string(257, 'x')).error() == "not_cloudevent");
    CHECK(event_text{}.set(name, "a\nb").error() == "not_cloudevent");
    CHECK(event_text{}.set(name, "a\x7f").error() == "not_cloudevent");
    CHECK(event_text{}.set(name, std::string("a\0b", 3)).error() == "not_cloudevent");
    CHECK(event_text{}.set(name, "a\xff").error() == "not_cloudevent");
  }
  for (const char* time : {"", "now", "2026-11-23", "1795421730", "2026-11-23T08:15:30"}) {
    CHECK(event_text{}.set("ce_time", time).error() == "not_cloudevent");
  }
}

TEST_CASE("a repeated ce_ header is not_cloudevent, known or not; other headers may repeat") {
  for (const char* name : {"ce_id", "ce_time", "ce_traceparent", "ce_myextension"}) {
    event_text text;
    text.without(name);
    text.headers.emplace_back(name, "2026-11-23T08:15:30Z");
    text.headers.emplace_back(name, "2026-11-23T08:15:30Z");
    CHECK(text.error() == "not_cloudevent");
    text.headers.insert(text.headers.begin(), {"content-type", "application/json"});
  }
  event_text text;
  text.headers.emplace_back("baggage", "a");
  text.headers.emplace_back("baggage", "b");
  CHECK(text.error().empty());
}

TEST_CASE("64 headers are taken, 65 are not") {
  event_text text;
  while (text.headers.size() < 64) text.headers.emplace_back("h" + std::to_string(text.headers.size()), "v");
  CHECK(text.error().empty());
  text.headers.emplace_back("one-more", "v");
  CHECK(text.error() == "not_cloudevent");
}

TEST_CASE("a value of 16 KiB is taken, one byte more is too_large; so it is for headers") {
  event_text text;
  text.value += std::string(16 * 1024 - text.value.size(), ' ');
  CHECK(text.error().empty());
  text.value += ' ';
  CHECK(text.error() == "too_large");

  event_text with_headers;
  std::size_t size = 0;
  for (const auto& [name, value] : with_headers.headers) size += name.size() + value.size();
  with_headers.headers.emplace_back("h", std::string(16 * 1024 - size - 1, 'x'));
  CHECK(with_headers.error().empty());
  with_headers.headers.back().second += 'x';
  CHECK(with_headers.error() == "too_large");
}

TEST_CASE("what is not JSON is invalid_json") {
  const auto error = [](std::string value) {
    event_text text;
    text.value = std::move(value);
    return text.error();
  };
  for (const char* value : {"", " ", "null", "[]", "\"text\"", "1", "{", "{}}", "{'a':1}", "{\"a\":1,}", "{\"a\":01}",
                            "{\"a\":\"\\ud800\"}", "{\"a\":\"\x01\"}", "{\"a\":\"\xc3\"}", "{\"\xff\":1}",
                            "{\"a\":NaN}", "{\"a\":1}//", "{} {}"}) {
    INFO(value);
    CHECK(error(value) == "invalid_json");
    CHECK(structured(good_envelope, value).error() != "");
  }
  CHECK(error(std::string("\0", 1)) == "invalid_json");
  CHECK(codec::decode_event({}, {}).error().error == domain::dead_letter_error::not_cloudevent);
  CHECK(structured(good_envelope).set("content-type", "application/cloudevents+json").error().empty());
  event_text nothing = structured(good_envelope);
  nothing.value.clear();
  CHECK(nothing.error() == "invalid_json");
}

TEST_CASE("a key that stands twice is invalid_json at any depth") {
  for (const char* twice : {R"({"purpose":"sign_in",)", R"({"x":1,"x":2,)", R"({"x":{"a":1,"b":{"a":1,"a":1}},)",
                            R"({"x":[{"a":1,"\u0061":2}],)"}) {
    INFO(twice);
    CHECK(event_text{}.member("{", twice).error() == "invalid_json");
  }
  CHECK(event_text{}.member("{", R"({"x":{"a":1,"b":{"a":1}},"y":[{"a":1},{"a":1}],)").error().empty());
  CHECK(structured(good_envelope + R"(,"id":"again")").error() == "invalid_json");
  CHECK(structured(good_envelope + R"(,"data":{})").error() == "invalid_json");
}

TEST_CASE("eight levels are taken, nine are not") {
  const auto nested = [](int levels) {  // inside the data, which is the first
    std::string out;
    for (int i = 1; i < levels; ++i) out += i % 2 == 0 ? "[" : "{\"a\":";
    out += "1";
    for (int i = levels - 1; i >= 1; --i) out += i % 2 == 0 ? "]" : "}";
    return "{\"x\":" + out + ",";
  };
  CHECK(event_text{}.member("{", nested(8)).error().empty());
  CHECK(event_text{}.member("{", nested(9)).error() == "invalid_json");
  CHECK(structured(good_envelope, event_text{}.member("{", nested(7)).value).error().empty());
  CHECK(structured(good_envelope, event_text{}.member("{", nested(8)).value).error() == "invalid_json");
}

TEST_CASE("a detail names a field or a rule, and never tells a value") {
  for (const auto& text : {event_text{}.set("ce_type", "SECRET"), event_text{}.member("0491 570 006", ""),
                           event_text{}.member("app_web", "SECRET/SECRET"), event_text{}.set("ce_time", "SECRET"),
                           event_text{}.member("{", "{SECRET")}) {
    const auto event = text.decode();
    REQUIRE_FALSE(event);
    INFO(event.error().detail);
    CHECK_FALSE(event.error().detail.empty());
    CHECK(event.error().detail.find("SECRET") == std::string::npos);
  }
}
