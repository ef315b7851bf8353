// Records that are no events: each a dead letter with its bytes and headers as they came, and the next event goes
// through.
#include <algorithm>

#include "tests/integration/end_to_end/command.hpp"
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

TEST_CASE("dead letters are listed without what stands in them, and those that are put back are handled as they came") {
  world with;
  const auto good = with.make_event(phone_number(1));
  const auto as_letter = [&](test_record record, const std::string& error, int offset) {
    for (const auto& [name, value] : {std::pair{"error", error},
                                      {"error-detail", "challenge_id: missing"},
                                      {"source-topic", with.send_code_topic},
                                      {"source-partition", "0"},
                                      {"source-offset", std::to_string(offset)}}) {
      record.headers.emplace_back(name, value);
    }
    return record;
  };
  auto left_out = as_letter(with_value(with.as_record(with.make_event(phone_number(2))), std::nullopt), "too_large", 5);
  left_out.headers.emplace_back("value-size", "800000");
  left_out.headers.emplace_back("value-sha256", std::string(64, '0'));
  with.kafka->produce(with.dead_letter_topic,
                      {as_letter(with.as_record(good), "invalid_event", 4), left_out,
                       as_letter(with.as_record(with.make_event(phone_number(3))), "invalid_json", 6)});
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "dead-letters");
    words.insert(words.end(), {"--config", (with.folder.path() / "worker.yaml").string()});
    return sendcode_run(with, std::move(words));
  };

  const auto listed = run({"list"});
  CHECK(listed.exit_code == 0);
  CHECK(std::ranges::count(listed.output, '\n') == 3);
  CHECK(listed.output.find("from " + with.send_code_topic + " 0/5  without its value of 800000 bytes") !=
        std::string::npos);
  for (int i = 1; i <= 3; ++i) CHECK(listed.output.find(phone_number(i).substr(1)) == std::string::npos);
  const auto one = run({"list", "--error", "invalid_json", "--json"});
  CHECK(json::parse(one.output)["source"]["offset"] == "6");

  CHECK(run({"replay"}).exit_code == 2);
  CHECK(run({"replay", "--offset", "0"}).exit_code == 2);
  CHECK(run({"replay", "--all", "--error", "poison"}).exit_code == 2);
  CHECK(run({"replay", "--error", "poison"}).exit_code == 1);  // there is none
  const auto tried = run({"replay", "--all", "--dry-run"});
  CHECK(tried.exit_code == 1);
  CHECK(tried.output.find("2 would be put back on " + with.send_code_topic + ", 1 cannot be") != std::string::npos);
  const auto impossible = run({"replay", "--partition", "0", "--offset", "1"});
  CHECK(impossible.exit_code == 1);
  CHECK(impossible.output.find("its value was too large to copy") != std::string::npos);
  topic_log events(with.kafka->bootstrap(), with.send_code_topic);

  const auto replayed = run({"replay", "--partition", "0", "--offset", "0"});
  INFO(replayed.output);
  CHECK(replayed.exit_code == 0);
  REQUIRE(eventually([&] { return !events.records().empty(); }));
  const auto back = events.records().front();
  const auto wanted = with.as_record(good);
  CHECK(back.key == wanted.key);
  CHECK(back.value == wanted.value);
  CHECK(back.headers == wanted.headers);
  with.start_worker();
  CHECK(with.outcome(good)["status"] == "sent");
  CHECK(events.records().size() == 1);  // nothing else was put back
}
