// The fields of an event's data against schemas/send-code.schema.json: what is missing, of another type, too short, too
// long or of other characters is invalid_event; what is not known is ignored.
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/unit/codec/event_text.hpp"

using namespace sendcode;
using nlohmann::json;
using tests::event_text;

namespace {

std::string error_with(const std::string& field, const json& value) {
  auto data = json::parse(tests::good_data);
  data[field] = value;
  event_text text;
  text.value = data.dump();
  return text.error();
}
std::string error_without(const std::string& field, const std::string& purpose = "sign_in") {
  auto data = json::parse(tests::good_data);
  data["purpose"] = purpose;
  data["user_id"] = "user_1";
  data.erase(field);
  event_text text;
  text.value = data.dump();
  return text.error();
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("what is required must be there: the connection for sign_in, the user for mfa") {
  for (const char* field : {"environment_id", "application_id", "challenge_id", "purpose", "phone_number"}) {
    INFO(field);
    CHECK(error_without(field) == "invalid_event");
  }
  CHECK(error_without("connection_id") == "invalid_event");
  CHECK(error_without("connection_id", "mfa").empty());
  CHECK(error_without("user_id", "mfa") == "invalid_event");
  CHECK(error_without("user_id").empty());
}

TEST_CASE("each field is a string within its bounds") {
  struct bounds {
    const char* field;
    std::size_t least, most;
    const char* character;
  };
  for (const auto& [field, least, most, character] :
       {bounds{"environment_id", 1, 64, "e"}, bounds{"application_id", 1, 64, "-"},
        bounds{"challenge_id", 22, 128, "_"}, bounds{"phone_number", 1, 64, "1"}, bounds{"connection_id", 1, 64, "c"},
        bounds{"client_ip", 1, 64, "1"}, bounds{"user_id", 1, 128, "é"}, bounds{"device_token", 1, 512, "t"}}) {
    INFO(field);
    CHECK(error_with(field, repeated(character, least)).empty());
    CHECK(error_with(field, repeated(character, most)).empty());
    CHECK(error_with(field, repeated(character, most + 1)) == "invalid_event");
    CHECK(error_with(field, repeated(character, least - 1)) == "invalid_event");
    for (const auto& other : {json(nullptr), json(1), json(true), json::array({"a"}), json::object()}) {
      CHECK(error_with(field, other) == "invalid_event");
    }
  }
}

TEST_CASE("names are letters, digits, hyphen and underscore") {
  for (const char* field : {"environment_id", "application_id", "connection_id"}) {
    CHECK(error_with(field, "aZ09_-").empty());
    for (const char* bad : {"a b", "a.b", "a/b", "é", "a\n", "{a}", "a:b"})
      CHECK(error_with(field, bad) == "invalid_event");
  }
  CHECK(error_with("challenge_id", "k3Jw9sQ2vT7yB4nH1cXzL") == "invalid_event");
  CHECK(error_with("challenge_id", "k3Jw9sQ2vT7yB4nH1cXz+g") == "invalid_event");
}

TEST_CASE("countries, locales and purposes are of their form") {
  for (const char* good : {"AU", "ZZ"}) CHECK(error_with("country", good).empty());
  for (const char* bad : {"", "A", "AUS", "au", "A1", "ÅU"}) CHECK(error_with("country", bad) == "invalid_event");
  for (const char* good : {"en", "en-AU", "zh-Hant-TW", "es-419", "de-DE-1996", "x-a-b", "sl-rozaj-biske-1994"}) {
    INFO(good);
    CHECK(error_with("locale", good) == (std::string(good) == "x-a-b" ? "invalid_event" : ""));
  }
  for (const char* bad :
       {"", "e", "en_AU", "en-", "-en", "en--AU", "12", "abcdefghi", "en-abcdefghi", "e1", "en AU", "é-é"}) {
    INFO(bad);
    CHECK(error_with("locale", bad) == "invalid_event");
  }
  CHECK(error_with("locale", "en" + repeated("-abcdefgh", 3) + "-abcde").empty());  // 35
  CHECK(error_with("locale", "en" + repeated("-abcdefgh", 3) + "-abcdef") == "invalid_event");
  for (const char* bad : {"", "sign-in", "SIGN_IN", "mfa "}) CHECK(error_with("purpose", bad) == "invalid_event");
  CHECK(error_with("purpose", 1) == "invalid_event");
}

TEST_CASE("unknown fields are ignored, whatever they hold") {
  for (const auto& any : {json(nullptr), json(1.5), json("text"), json::parse(R"({"phone_number":"+1","purpose":7})"),
                          json::parse("[[],{}]")}) {
    CHECK(error_with("new_field", any).empty());
  }
  CHECK(error_with("Environment_ID", 7).empty());
}

TEST_CASE("the environment is told with the fault where it could be read") {
  auto data = json::parse(tests::good_data);
  data["phone_number"] = 7;
  event_text text;
  text.value = data.dump();
  CHECK(text.decode().error().environment_id == "env_live");
  data["environment_id"] = "not a name";
  text.value = data.dump();
  CHECK(text.decode().error().environment_id.empty());
}
