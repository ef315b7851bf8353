#include "worker/codec/key_ring_document.hpp"

#include "common/bytes.hpp"
#include "tests/catch.hpp"

using namespace sendcode;

namespace {

const std::string key_a = to_base64(std::string(32, 'a'));
const std::string key_b = to_base64(std::string(32, 'b'));

auto decode(std::string_view text) {
  return codec::read_key_ring(text, "keys/codes");
}

std::string refusal(std::string_view text) {
  const auto out = decode(text);
  return out ? "" : config::to_text(out.error());
}

}  // namespace

TEST_CASE("a key ring is a YAML list or a JSON list") {
  const auto yaml = decode("- id: k1\n  key: " + key_a + "\n- id: k2\n  key: " + key_b +
                           "\n  not_before: 2026-11-23T08:00:00Z\n  not_after: \"2027-11-23T08:00:00+01:00\"\n");
  REQUIRE(yaml.has_value());
  REQUIRE(yaml->keys().size() == 2);
  CHECK(yaml->keys()[0].key->expose() == std::string(32, 'a'));
  CHECK_FALSE(yaml->keys()[0].not_before.has_value());
  CHECK(yaml->keys()[1].not_before == from_rfc3339("2026-11-23T08:00:00Z"));
  CHECK(yaml->keys()[1].not_after == from_rfc3339("2027-11-23T07:00:00Z"));

  const auto json = decode(R"([{"id": "k1", "key": ")" + key_a + R"(", "not_before": "2026-11-23T08:00:00Z"}])");
  REQUIRE(json.has_value());
  CHECK(json->keys()[0].not_before == from_rfc3339("2026-11-23T08:00:00Z"));
}

TEST_CASE("what is wrong with a key ring is told without the keys") {
  const std::string secret_text = "aHVudGVyMg==";  // hunter2: too short
  for (const std::string& bad :
       {"- {id: k1, key: " + secret_text + "}", "- {id: k1, key: [" + secret_text + "]}",
        "- {id: k1, " + secret_text + "}", "- " + secret_text, secret_text, "key: " + secret_text,
        "- {id: k1, key: " + secret_text + "!}", "- {id: k1, key: *" + secret_text + "}",
        "- {id: k1, key: \"" + secret_text + "\\q\"}", "[" + secret_text}) {
    INFO(bad);
    const auto told = refusal(bad);
    CHECK(told.starts_with("keys/codes"));
    CHECK(told.find(secret_text) == std::string::npos);
  }
}

TEST_CASE("every problem of a key ring is told") {
  CHECK(refusal("- {id: \"a b\", key: x, not_before: yesterday}\n- {id: k2}\n") ==
        "keys/codes:1: [0].id: \"a b\": 1 to 64 letters, digits, _ or -\n"
        "keys/codes:1: [0].key: (not shown): at least 32 bytes in base64; `sendcode keys new` makes one\n"
        "keys/codes:1: [0].not_before: \"yesterday\": a time such as \"2026-11-23T08:15:30Z\"\n"
        "keys/codes:2: [1].key: at least 32 bytes in base64; `sendcode keys new` makes one\n");
  CHECK(refusal("[]") == "keys/codes:1: 0 entries: a list of keys from 1 to 32 entries\n");
  CHECK(refusal("- {id: a, key: " + key_a + "}\n- {id: a, key: " + key_b + "}\n") ==
        "keys/codes: an id that no other key has\n");
}

TEST_CASE("the subjects' key is base64 of at least 32 bytes") {
  const auto subject = [](const std::string& text) { return codec::read_single_key(text, "keys/subjects"); };
  CHECK(subject(key_a).value()->expose() == std::string(32, 'a'));
  CHECK(subject(to_base64(std::string(64, 'x'))).has_value());
  CHECK_FALSE(subject(to_base64(std::string(31, 'x'))).has_value());
  CHECK_FALSE(subject("").has_value());
  CHECK_FALSE(subject("- {id: a, key: " + key_a + "}").has_value());
  CHECK(config::to_text(subject("hunter2").error()).find("hunter2") == std::string::npos);
}
