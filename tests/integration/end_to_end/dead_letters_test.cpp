// Records that are no events: each a dead letter with its bytes and headers as they came, and the next event goes
// through.
#include <algorithm>
#include <csignal>
#include <set>

#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"
#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/adapters/kafka/record_writer.hpp"

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

namespace {

test_record as_letter(const world& with, test_record record, const std::string& error, int offset,
                      const std::string& from = "") {
  for (const auto& [name, value] : {std::pair{"error", error},
                                    {"error-detail", "challenge_id: missing"},
                                    {"source-topic", from.empty() ? with.send_code_topic : from},
                                    {"source-partition", "0"},
                                    {"source-offset", std::to_string(offset)}}) {
    record.headers.emplace_back(name, value);
  }
  return record;
}

std::vector<std::string> letter_words(const world& with, std::vector<std::string> words) {
  words.insert(words.begin(), "dead-letters");
  words.insert(words.end(), {"--config", (with.folder.path() / "worker.yaml").string()});
  return words;
}

run_result run_letters(const world& with, std::vector<std::string> words) {
  return sendcode_run(with, letter_words(with, std::move(words)));
}

}  // namespace

TEST_CASE("dead letters are listed by a filter, and one is shown whole, without a phone number of theirs") {
  world with;
  auto left_out =
      as_letter(with, with_value(with.as_record(with.make_event(phone_number(2))), std::nullopt), "too_large", 5);
  left_out.headers.emplace_back("value-size", "800000");
  left_out.headers.emplace_back("value-sha256", std::string(64, '0'));
  const auto good = with.make_event(phone_number(1));
  with.kafka->produce(with.dead_letter_topic,
                      {as_letter(with, with.as_record(good), "invalid_event", 4), left_out,
                       as_letter(with, with.as_record(with.make_event(phone_number(3))), "poison", 6)});

  const auto listed = run_letters(with, {"list"});
  CHECK(listed.exit_code == 0);
  CHECK(std::ranges::count(listed.output, '\n') == 3);
  CHECK(holds(listed, "from " + with.send_code_topic + " 0:5  without its value of 800000 bytes"));
  const auto one = run_letters(with, {"list", "--error", "poison", "--since", "10m", "--json"});
  CHECK(json::parse(one.output)["source"]["offset"] == "6");
  CHECK(std::ranges::count(run_letters(with, {"list", "--error", "poison", "--error", "too_large"}).output, '\n') == 2);
  CHECK(run_letters(with, {"list", "--since", "2099-01-01T00:00:00Z"}).output.empty());
  CHECK(run_letters(with, {"list", "--source-topic", "another"}).output.empty());
  CHECK(run_letters(with, {"list", "--detail", "phone_number"}).output.empty());
  CHECK(run_letters(with, {"list", "--since", "yesterday"}).exit_code == 2);

  const auto shown = run_letters(with, {"show", "0:0"});
  INFO(shown.output);
  CHECK(shown.exit_code == 0);
  CHECK(holds(shown, good.id));
  CHECK(holds(shown, good.challenge()));
  CHECK(holds(shown, good.outcome_id().substr(0, 32)));
  for (const auto& told : {listed, one, shown}) {
    for (int i = 1; i <= 3; ++i) CHECK_FALSE(holds(told, phone_number(i).substr(1)));
  }
  CHECK(json::parse(run_letters(with, {"show", "0:2", "--json"}).output)["error"] == "poison");
  CHECK(run_letters(with, {"show", "0:0", "--raw"}).output == good.data.dump());
  CHECK(holds(run_letters(with, {"show", "0:1"}), "800000 bytes, too many to copy"));
  CHECK(run_letters(with, {"show", "0:1", "--raw"}).exit_code == 1);
  for (const auto* nowhere : {"0:99", "7:0"}) CHECK(run_letters(with, {"show", nowhere}).exit_code == 1);
  CHECK(run_letters(with, {"show", "17"}).exit_code == 2);
}

TEST_CASE("a partition that the dead-letter topic does not have is wrong use, and those that it has are told") {
  world with;
  const auto letter = as_letter(with, with.as_record(with.make_event(phone_number(1))), "poison", 4);
  with.kafka->produce(with.dead_letter_topic, {letter});
  for (const char* command : {"list", "replay"}) {
    const auto told = run_letters(with, {command, "--partition", "1"});
    INFO(told.output);
    CHECK(told.exit_code == 2);
    CHECK(holds(told, "the topic " + with.dead_letter_topic + " has no partition 1: 0 is the only one"));
  }
  const auto there = run_letters(with, {"list", "--partition", "0"});
  CHECK(there.exit_code == 0);
  CHECK(std::ranges::count(there.output, '\n') == 1);

  const auto wider = with.dead_letter_topic + ".wider";
  with.kafka->create(wider, 3);
  const environment_variables on_wider{{"SENDCODE_KAFKA__TOPICS__DEAD_LETTER", wider}};
  const auto told = sendcode_run(with, letter_words(with, {"list", "--partition", "3"}), on_wider);
  CHECK(told.exit_code == 2);
  CHECK(holds(told, "has no partition 3: it has 0 to 2"));
  CHECK(sendcode_run(with, letter_words(with, {"list", "--partition", "2"}), on_wider).exit_code == 0);
}

TEST_CASE("a replay says what it would do, does it once, and again only if it is told to") {
  world with;
  const auto good = with.make_event(phone_number(1));
  auto left_out =
      as_letter(with, with_value(with.as_record(with.make_event(phone_number(2))), std::nullopt), "too_large", 5);
  left_out.headers.emplace_back("value-size", "800000");
  left_out.headers.emplace_back("value-sha256", std::string(64, '0'));
  const auto elsewhere =
      as_letter(with, with.as_record(with.make_event(phone_number(3))), "invalid_event", 6, "another.topic");
  with.kafka->produce(with.dead_letter_topic,
                      {as_letter(with, with.as_record(good), "invalid_event", 4), left_out, elsewhere});
  topic_log events(with.kafka->bootstrap(), with.send_code_topic);

  CHECK(run_letters(with, {"replay"}).exit_code == 2);
  CHECK(run_letters(with, {"replay", "--offset", "0"}).exit_code == 2);
  CHECK(run_letters(with, {"replay", "--all", "--error", "poison"}).exit_code == 2);
  CHECK(run_letters(with, {"replay", "--all", "--execute", "--dry-run"}).exit_code == 2);
  CHECK(run_letters(with, {"replay", "--error", "poison"}).exit_code == 1);  // there is none
  const auto tried = run_letters(with, {"replay", "--all"});
  INFO(tried.output);
  CHECK(tried.exit_code == 1);
  CHECK(holds(tried, "1 would be put back on " + with.send_code_topic + ", 2 cannot be"));
  CHECK(holds(tried, "--execute does it"));
  CHECK(holds(tried, "0:1 cannot be put back: its value was too large to copy"));
  CHECK(holds(tried, "0:2 cannot be put back: it came from another topic"));
  CHECK(run_letters(with, {"replay", "--partition", "0", "--offset", "1", "--execute"}).exit_code == 1);
  CHECK(run_letters(with, {"replay", "--source-topic", "another.topic"}).exit_code == 0);

  const auto replayed = run_letters(with, {"replay", "--partition", "0", "--offset", "0", "--execute"});
  INFO(replayed.output);
  CHECK(replayed.exit_code == 0);
  const auto repeated = run_letters(with, {"replay", "--error", "invalid_event", "--detail", "challenge", "--yes"});
  CHECK(repeated.exit_code == 1);
  CHECK(holds(repeated, "0 put back on " + with.send_code_topic + ", 1 were before"));
  REQUIRE(eventually([&] { return !events.records().empty(); }));
  const auto back = events.records().front();
  const auto wanted = with.as_record(good);
  CHECK(back.key == wanted.key);
  CHECK(back.value == wanted.value);
  CHECK(back.headers == wanted.headers);
  with.start_worker();
  CHECK(with.outcome(good)["status"] == "sent");
  CHECK(events.records().size() == 1);  // nothing else was put back

  CHECK(holds(run_letters(with, {"list"}), "  replayed\n"));
  CHECK(std::ranges::count(run_letters(with, {"list", "--open"}).output, '\n') == 2);
  CHECK(json::parse(run_letters(with, {"show", "0:0", "--json"}).output)["replayed"] == true);

  const auto again =
      run_letters(with, {"replay", "--partition", "0", "--offset", "0", "--again", "--execute", "--json"});
  CHECK(again.exit_code == 0);
  CHECK(json::parse(again.output)["replayed_before"] == true);
  REQUIRE(eventually([&] { return events.records().size() == 2; }));
  REQUIRE(eventually([&] { return with.outcomes_of(good).size() == 2; }));  // under one id
  CHECK(with.codes_on(phone_number(1)).size() == 1);
}

namespace {

// Of all events that are on the topic now; a log that follows it may lag behind.
std::vector<std::string> ids_of_all(const world& with) {
  using namespace sendcode::kafka;
  auto reader = record_reader::open(with.kafka->properties(), with.send_code_topic,
                                    {.where = read_from::kind::beginning}, patience);
  REQUIRE(reader.has_value());
  std::vector<std::string> out;
  const auto take = [&](const read_record& record) {
    for (const auto& [name, value] : record.headers) {
      if (name == "ce_id") out.emplace_back(value);
    }
    return true;
  };
  REQUIRE(reader->read(take, patience, true) == read_result::at_end);
  return out;
}

}  // namespace

TEST_CASE("a replay that is killed in the middle, and two at once, put each event back once") {
  world with;
  constexpr int many = 5'000;
  std::vector<test_record> letters;
  for (int i = 0; i < many; ++i) {
    letters.push_back(as_letter(with, with.as_record(with.make_event(phone_number(i % 500))), "invalid_event", i));
  }
  with.kafka->produce(with.dead_letter_topic, letters);
  topic_log events(with.kafka->bootstrap(), with.send_code_topic);
  auto words = letter_words(with, {"replay", "--all", "--execute"});
  words.insert(words.begin(), SENDCODE_PROGRAM);
  const auto log = [&](const char* name) { return with.folder.path() / name; };

  // Each dies as soon as more of it can be seen than it has told of: what can be seen has its mark.
  for (const char* name : {"first", "second", "third", "fourth"}) {
    process killed(words, log(name));
    REQUIRE(eventually([&] { return occurrences(read_file(log(name)), "\n") >= 200; }, patience));
    const auto seen = events.size();
    REQUIRE(eventually([&] { return events.size() > seen; }, patience));
    killed.signal(SIGKILL);
    CHECK(killed.wait(patience) == -SIGKILL);
  }
  const auto before = run_letters(with, {"list", "--open"});
  CHECK(occurrences(before.output, "\n") < many);
  CHECK(occurrences(before.output, "\n") > 0);

  process one(words, log("one"));
  process another(words, log("another"));
  const auto codes = std::set<std::optional<int>>{one.wait(patience), another.wait(patience)};
  INFO(read_file(log("one")).substr(0, 2'000) << "\n" << read_file(log("another")).substr(0, 2'000));
  for (const auto& code : codes) CHECK((code == 0 || code == 1 || code == 3));
  const auto rest = run_letters(with, {"replay", "--all", "--execute"});
  CHECK((rest.exit_code == 0 || rest.exit_code == 1));  // 1: nothing was left to do
  const auto put_back = ids_of_all(with);
  CHECK(put_back.size() == many);
  CHECK(std::set(put_back.begin(), put_back.end()).size() == many);
  CHECK(run_letters(with, {"list", "--open"}).output.empty());
}

TEST_CASE("an event that was put aside hours ago texts nobody when it is put back, though it bears no time") {
  world with;
  const auto old = with.make_event(phone_number(1));
  const auto letter = as_letter(with, with.as_record(old), "invalid_event", 4);
  auto writer = sendcode::kafka::record_writer::open(with.kafka->properties(), with.dead_letter_topic, patience);
  REQUIRE(writer.has_value());
  const auto then =
      std::chrono::floor<sendcode::milliseconds>(std::chrono::system_clock::now()) - std::chrono::hours{3};
  REQUIRE(
      writer
          ->write({{.key = letter.key, .headers = letter.headers, .value = letter.value, .partition = 0, .at = then}},
                  patience)
          .has_value());
  const auto replayed = run_letters(with, {"replay", "--all", "--execute"});
  INFO(replayed.output);
  CHECK(replayed.exit_code == 0);
  CHECK(holds(replayed, "1 of them were asked for more than 2 h ago"));
  with.start_worker();
  CHECK(with.outcome(old)["status"] == "expired");
  CHECK(with.senders.texts() == 0);
}
