// Records in: order, shards, bytes as they came, and what is committed.
#include <map>
#include <set>
#include <string_view>

#include "tests/catch.hpp"
#include "tests/integration/kafka/worker_side.hpp"

using namespace sendcode;
using namespace sendcode::tests;

TEST_CASE("the oldest open event's offset is committed, and a restart brings back the open ones alone") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(10));
  const auto committed = [&] { return kafka.committed(topics.group, topics.send_code, 0); };

  {
    worker_side worker(options_for(kafka, topics));
    REQUIRE(worker.shard().wait_for(10));  // no offset was committed: it starts at the earliest
    auto records = worker.shard().take();
    for (std::size_t i = 0; i < 10; ++i) CHECK(records[i].value == std::to_string(i));
    // 3 and 7 stay open: what is behind them completes, but the commit stops at 3.
    for (std::size_t i = 0; i < 10; ++i) {
      if (i != 3 && i != 7) worker.end(std::move(records[i]));
    }
    REQUIRE(worker.wait_for_completed(8));
    CHECK(eventually([&] { return committed() == 3; }));
    CHECK(eventually([&] { return worker.stream().counts().open == 2; }));
    records.clear();
    CHECK(worker.finish());
  }
  CHECK(committed() == 3);

  worker_side worker(options_for(kafka, topics));
  REQUIRE(worker.shard().wait_for(7));
  auto records = worker.shard().take();
  CHECK(records.front().value == "3");
  CHECK(records.front().position.offset == 3);
  for (auto& record : records) worker.end(std::move(record));
  CHECK(eventually([&] { return committed() == 10; }));
  CHECK(worker.shard().count() == 7);
  records.clear();
  CHECK(worker.finish());
}

TEST_CASE("records with one key stay in order in one shard, and keys spread over the shards") {
  constexpr std::size_t shards = 4;
  constexpr std::size_t keys = 40;
  constexpr std::size_t rounds = 25;
  cluster kafka;
  const auto topics = make_topics(kafka, 3);
  std::vector<test_record> records;
  for (std::size_t i = 0; i < keys * rounds; ++i) {
    records.push_back({.key = "+6149157" + std::to_string(i % keys), .value = std::to_string(i), .headers = {}});
  }
  kafka.produce(topics.send_code, records);

  worker_side worker(options_for(kafka, topics), shards);
  const auto arrived = [&] {
    std::size_t out = 0;
    for (std::size_t i = 0; i < shards; ++i) out += worker.shard(i).count();
    return out;
  };
  REQUIRE(eventually([&] { return arrived() == keys * rounds; }));
  CHECK(worker.stream().counts().delivered == keys * rounds);
  std::map<std::string, std::pair<std::size_t, int>> seen;  // by key: its shard and the last value
  for (std::size_t i = 0; i < shards; ++i) {
    REQUIRE(worker.shard(i).count() > 0);
    for (const auto& record : worker.shard(i).take()) {
      const auto value = std::stoi(std::string(record.value));
      const auto [at, is_first] = seen.try_emplace(std::string(record.key.value()), i, value);
      if (is_first) continue;
      REQUIRE(at->second.first == i);
      REQUIRE(at->second.second < value);
      at->second.second = value;
    }
  }
  CHECK(seen.size() == keys);
}

TEST_CASE("records without a key are spread by their partition, in order") {
  cluster kafka;
  const auto topics = make_topics(kafka, 2);
  std::vector<test_record> records;
  for (int i = 0; i < 20; ++i) {
    const std::optional<std::string> key = i % 4 < 2 ? std::nullopt : std::optional<std::string>("");
    records.push_back({.key = key, .value = std::to_string(i), .headers = {}, .partition = i % 2});
  }
  kafka.produce(topics.send_code, records);
  worker_side worker(options_for(kafka, topics), 2);
  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(worker.shard(i).wait_for(10));
    const auto got = worker.shard(i).take();
    for (std::size_t n = 0; n < got.size(); ++n) {
      CHECK(got[n].position.partition == static_cast<std::int32_t>(i));
      CHECK(got[n].value == std::to_string(2 * n + i));
    }
  }
}

TEST_CASE("key, value and headers arrive byte for byte, null told from empty") {
  using namespace std::string_literals;
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  const auto binary = "\0\xff\n\x80 end\0"s;
  kafka.produce(
      topics.send_code,
      {{.key = std::nullopt, .value = std::nullopt, .headers = {}, .partition = 0},
       {.key = binary, .value = binary, .headers = {{"ce_id", binary}, {"ce_id", ""}, {"", "x"}}, .partition = 0},
       {.key = "", .value = "", .headers = {}, .partition = 0}});
  worker_side worker(options_for(kafka, topics));
  REQUIRE(worker.shard().wait_for(3));
  const auto got = worker.shard().take();
  CHECK_FALSE(got[0].key);
  CHECK(got[0].value.data() == nullptr);
  CHECK(got[0].headers.empty());
  CHECK(got[1].key == binary);
  CHECK(got[1].value == binary);
  REQUIRE(got[1].headers.size() == 3);
  CHECK(got[1].headers[0].name == "ce_id");
  CHECK(got[1].headers[0].value == binary);
  CHECK(got[1].headers[1].value.empty());
  CHECK(got[1].headers[2].name.empty());
  REQUIRE(got[1].appended_at);
  CHECK(std::chrono::abs(*got[1].appended_at - std::chrono::system_clock::now()) < patience);
  CHECK(got[2].value.data() != nullptr);
  CHECK(got[2].value.empty());
}

TEST_CASE("a record's memory may outlive the shutdown") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(1));
  std::vector<ports::incoming_record> kept;
  {
    worker_side worker(options_for(kafka, topics));
    REQUIRE(worker.shard().wait_for(1));
    kept = worker.shard().take();
    worker.finish();
  }
  CHECK(kept.front().value == "0");
}
