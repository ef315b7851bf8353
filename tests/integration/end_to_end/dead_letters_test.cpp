// Records that are no events: each a dead letter with its bytes and headers as they came, and the next event goes
// through.
#include <algorithm>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;
using sendcode::tests::test_record;

namespace {

struct broken {
  test_record record;
  std::string error;
};

test_record without(test_record record, std::string_view header) {
  std::erase_if(record.headers, [&](const auto& each) { return each.first == header; });
  return record;
}

test_record with_header(test_record record, const std::string& name, const std::string& value) {
  std::erase_if(record.headers, [&](const auto& each) { return each.first == name; });
  record.headers.emplace_back(name, value);
  return record;
}

test_record with_value(test_record record, std::optional<std::string> value) {
  record.value = std::move(value);
  return record;
}

std::vector<broken> every_kind(const world& with) {
  const auto good = with.as_record(with.make_event(phone_number(1)));
  auto twice = good;
  twice.headers.emplace_back("ce_id", "another");
  auto crowded = good;
  for (int i = 0; i < 64; ++i) crowded.headers.emplace_back("h" + std::to_string(i), "v");
  auto without_phone = with.make_event(phone_number(1)).data;
  without_phone.erase("phone_number");
  const auto nested = std::string(9, '[') + std::string(9, ']');
  const std::string structured = "application/cloudevents+json";
  return {
      {without(good, "ce_specversion"), "not_cloudevent"},
      {without(good, "ce_id"), "not_cloudevent"},
      {with_header(good, "ce_type", "io.sendcode.send-code.v2"), "not_cloudevent"},
      {with_header(good, "ce_source", std::string(257, 's')), "not_cloudevent"},
      {with_header(good, "ce_id", "a\nb"), "not_cloudevent"},
      {twice, "not_cloudevent"},
      {crowded, "not_cloudevent"},
      {with_value(good, std::nullopt), "invalid_json"},
      {with_value(good, ""), "invalid_json"},
      {with_value(good, "{\"environment_id\": \"env_live\", \"pho"), "invalid_json"},
      {with_value(good, "{\"environment_id\": \"\xff\xfe\"}"), "invalid_json"},
      {with_value(good, R"({"purpose": "mfa", "purpose": "sign_in"})"), "invalid_json"},
      {with_value(good, "{\"deep\": " + nested + "}"), "invalid_json"},
      {with_value(good, std::string("\0\1\2", 3)), "invalid_json"},
      {with_value(good, without_phone.dump()), "invalid_event"},
      {with_value(good, "{}"), "invalid_event"},
      {with_value(good, with.make_event(phone_number(1), {{"challenge_id", "short"}}).data.dump()), "invalid_event"},
      {with_value(good, with.make_event(phone_number(1), {{"client_ip", 7}}).data.dump()), "invalid_event"},
      {with_value(good, with.make_event(phone_number(1), {{"more", std::string(17'000, 'x')}}).data.dump()),
       "too_large"},
      {with_header(good, "more", std::string(17'000, 'x')), "too_large"},
      {with_header(with_value(good, "no JSON"), "content-type", structured), "invalid_json"},
      {with_header(with_value(good, "{\"specversion\": \"1.0\"}"), "content-type", structured), "not_cloudevent"},
  };
}

}  // namespace

TEST_CASE("whatever is broken becomes the right dead letter, and the next event goes through") {
  world with;
  auto& worker = with.start_worker();
  const auto cases = every_kind(with);
  std::vector<test_record> records;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    records.push_back(cases[i].record);
    records.back().partition = 0;
    records.back().key = "broken-" + std::to_string(i);
  }
  with.produce(records);
  REQUIRE(eventually([&] { return with.dead_letters->records().size() == cases.size(); }, patience));

  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO("case " << i << ", wanted " << cases[i].error);
    const auto found = with.dead_letters->where([&](const logged_record& each) { return each.key == records[i].key; });
    REQUIRE(found.size() == 1);
    const auto& letter = found.front();
    CHECK(letter.header("error") == cases[i].error);
    CHECK(letter.header("source-topic") == with.send_code_topic);
    CHECK(letter.header("source-partition") == "0");
    CHECK(letter.header("source-offset") == std::to_string(i));
    CHECK(letter.value == records[i].value);
    // The headers as they came, and ours behind them.
    REQUIRE(letter.headers.size() > records[i].headers.size());
    CHECK(std::equal(records[i].headers.begin(), records[i].headers.end(), letter.headers.begin()));
  }
  CHECK(with.send_and_wait(with.make_event(phone_number(2)))["status"] == "sent");
  CHECK(worker.running());
  CHECK(eventually([&] { return with.lag() == 0; }));
}

TEST_CASE("a dead letter too large to copy goes out with its size and digest") {
  world with;
  with.start_worker();
  auto record = with.as_record(with.make_event(phone_number(1)));
  record.value = std::string(800'000, 'x');
  with.produce({record});
  REQUIRE(eventually([&] { return with.dead_letters->records().size() == 1; }, patience));
  const auto letter = with.dead_letters->records()[0];
  CHECK(letter.header("error") == "too_large");
  CHECK_FALSE(letter.value.has_value());
  CHECK(letter.header("value-size") == "800000");
  CHECK(letter.header("value-sha256").size() == 64);
  CHECK(with.send_and_wait(with.make_event(phone_number(2)))["status"] == "sent");
}
