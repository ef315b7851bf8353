#include "worker/app/commands/dead_letter.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace sendcode;

namespace {

using header_list = std::vector<ports::header>;

const header_list ours = {{"error", "invalid_event"},
                          {"error-detail", "challenge_id: missing"},
                          {"source-topic", "sms.send-code"},
                          {"source-partition", "3"},
                          {"source-offset", "1042"}};

header_list operator+(header_list left, const header_list& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::optional<app::dead_letter> read(const header_list& headers, std::optional<std::string_view> value = "the value") {
  return app::to_dead_letter({.key = "+61491570006",
                              .value = value,
                              .headers = headers,
                              .appended_at = from_unix_ms(0),
                              .partition = 1,
                              .offset = 7});
}

}  // namespace

TEST_CASE("a dead letter is what the worker said of it, and the record as it came") {
  const auto letter = read(header_list{{"ce_id", "a"}, {"error", "the producer's own"}} + ours);
  REQUIRE(letter.has_value());
  CHECK(letter->error == "invalid_event");
  CHECK(letter->detail == "challenge_id: missing");
  CHECK(letter->source_partition == "3");
  CHECK(letter->key == "+61491570006");
  CHECK(letter->value == "the value");
  CHECK(letter->headers ==
        std::vector<std::pair<std::string, std::string>>{{"ce_id", "a"}, {"error", "the producer's own"}});
  CHECK(letter->can_be_replayed());
}

TEST_CASE("of a dead letter that became one again, the last headers alone are taken off") {
  const auto letter = read(ours + ours);
  REQUIRE(letter.has_value());
  CHECK(letter->headers.size() == 5);
}

TEST_CASE("a dead letter whose value was left out cannot be replayed; one that never had a value can") {
  const auto letter = read(ours + header_list{{"value-size", "800000"}, {"value-sha256", "00"}}, std::nullopt);
  REQUIRE(letter.has_value());
  CHECK_FALSE(letter->can_be_replayed());
  CHECK(letter->headers.empty());
  CHECK(app::to_json(*letter)["can_be_replayed"] == false);
  const auto null = read(ours, std::nullopt);
  REQUIRE(null.has_value());
  CHECK(null->can_be_replayed());
  CHECK_FALSE(null->value.has_value());
}

TEST_CASE("a record without the worker's headers at its end is no dead letter") {
  CHECK_FALSE(read({}).has_value());
  CHECK_FALSE(read({{"error", "x"}}).has_value());
  CHECK_FALSE(read(ours + header_list{{"more", "x"}}).has_value());
  CHECK_FALSE(read({{"value-size", "1"}, {"value-sha256", "x"}}).has_value());
}

TEST_CASE("what is shown of a dead letter holds nothing of the record, and is fit for a terminal") {
  auto headers = header_list{{"ce_id", "+61491570006"}} + ours;
  headers[2].value = "a\x1b[2J";
  const auto letter = read(headers);
  REQUIRE(letter.has_value());
  CHECK(app::to_line(*letter) ==
        "1:7         1970-01-01T00:00:00.000Z  invalid_event   a\\x1b[2J  from sms.send-code 3:1042");
  CHECK(app::to_json(*letter).dump().find("61491570006") == std::string::npos);
}

TEST_CASE("a mark says which letter of its partition was put back, and is no letter itself") {
  const auto letter = read(ours);
  REQUIRE(letter.has_value());
  const auto mark = app::to_replay_mark(*letter, "sms.send-code");
  CHECK(mark.partition == 1);
  CHECK_FALSE(mark.key.has_value());
  CHECK_FALSE(mark.value.has_value());
  header_list headers;
  for (const auto& [name, value] : mark.headers) headers.push_back({name, value});
  const kafka::read_record record{
      .key = {}, .value = {}, .headers = headers, .appended_at = {}, .partition = 1, .offset = 99};
  CHECK(app::marked_place(record) == app::letter_place{1, 7});
  CHECK_FALSE(app::to_dead_letter(record).has_value());
}

TEST_CASE("neither a letter nor a record of somebody else's is a mark") {
  const auto marks = [](const header_list& headers, std::optional<std::string_view> value = std::nullopt) {
    return app::marked_place(
               {.key = {}, .value = value, .headers = headers, .appended_at = {}, .partition = 1, .offset = 99})
        .has_value();
  };
  const header_list good = {{"replayed-offset", "7"}, {"replayed-to", "t"}};
  CHECK(marks(good));
  CHECK_FALSE(marks(good, "a value"));
  CHECK_FALSE(marks({{"replayed-offset", "-7"}, {"replayed-to", "t"}}));
  CHECK_FALSE(marks(header_list{{"more", "x"}} + good));
  CHECK_FALSE(marks(good + ours));  // a letter whose own headers look like a mark
}

TEST_CASE("the place of a letter is read as it is written, or with a slash") {
  CHECK(app::parse_letter_place("0:17") == app::letter_place{0, 17});
  CHECK(app::parse_letter_place("3/1042") == app::letter_place{3, 1042});
  CHECK(app::to_text({0, 17}) == "0:17");
  for (const auto* wrong : {"", "17", "0:", ":17", "0:-1", "a:1", "0:1:2", "99999999999:1"}) {
    CHECK_FALSE(app::parse_letter_place(wrong).has_value());
  }
}

TEST_CASE("a letter that was put back says so") {
  CHECK(app::to_line(*read(ours), {.replayed = true}).ends_with("  replayed"));
  CHECK(app::to_line(*read(ours), {.colours = true}).find("\x1b[31minvalid_event \x1b[0m") != std::string::npos);
}
