// Partitions that come and go: nothing is lost, nothing is committed too far.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tests/catch.hpp"
#include "tests/integration/kafka/worker_side.hpp"

using namespace sendcode;
using namespace sendcode::tests;

namespace {

constexpr std::int16_t offset_commit_request = 8;
constexpr std::int16_t heartbeat_request = 12;
constexpr int partitions = 4;

// 10 records in each partition, their values unique.
void fill(cluster& kafka, const test_topics& topics, int first = 0) {
  for (int p = 0; p < partitions; ++p) kafka.produce(topics.send_code, numbered(10, p, first + 100 * p));
}

std::set<std::int32_t> revoked_among(const std::vector<ports::incoming_record>& records) {
  std::set<std::int32_t> out;
  for (const auto& each : records) {
    if (is_revoked(*each.position.held_by)) out.insert(each.position.partition);
  }
  return out;
}

std::int64_t total_committed(cluster& kafka, const test_topics& topics) {
  std::int64_t sum = 0;
  for (int p = 0; p < partitions; ++p) sum += kafka.committed(topics.group, topics.send_code, p).value_or(0);
  return sum;
}

}  // namespace

// Not on the mock: it refuses commits for as long as another member has not heard of its assignment.
TEST_CASE("a second member takes over only what the first one has drained and committed", "[.real]") {
  cluster kafka;
  const auto topics = make_topics(kafka, partitions);
  fill(kafka, topics);
  auto options = options_for(kafka, topics);
  options.revoke_drain = patience;  // the drain ends because everything is over, not by its time
  worker_side first(options);
  REQUIRE(first.shard().wait_for(40));
  auto records = first.shard().take();

  worker_side second(options);
  REQUIRE(eventually([&] { return revoked_among(records).size() == 2; }));
  const auto leaving = revoked_among(records);
  CHECK(first.stream().counts().partitions == partitions);
  CHECK(second.shard().count() == 0);

  // Of each leaving partition: 7 were started and end, 3 were not and are dropped; the rest stays with the first
  // member.
  for (auto& record : records) {
    if (!leaving.contains(record.position.partition)) continue;
    if (record.position.offset < 7) {
      first.end(std::move(record));
    } else {
      first.stream().drop(std::move(record.position));
    }
  }
  REQUIRE(second.shard().wait_for(6));
  REQUIRE(first.wait_for_partitions(2));
  std::map<std::int32_t, std::set<std::int64_t>> taken_over;
  for (auto& record : second.shard().take()) {
    taken_over[record.position.partition].insert(record.position.offset);
    second.end(std::move(record));
  }
  for (const auto partition : leaving) {
    CHECK(taken_over[partition] == std::set<std::int64_t>{7, 8, 9});
    CHECK(eventually([&] { return kafka.committed(topics.group, topics.send_code, partition) == 10; }));
  }
  CHECK(taken_over.size() == 2);

  for (auto& record : records) {
    if (record.owner && !leaving.contains(record.position.partition)) first.end(std::move(record));
  }
  records.clear();
  CHECK(eventually([&] { return total_committed(kafka, topics) == 40; }));
  CHECK(first.shard().count() == 40);
  CHECK(second.shard().count() == 6);
  CHECK(first.finish());
  CHECK(second.finish());
}

TEST_CASE("a revoked partition goes when its time is over, and a late completion moves nothing") {
  cluster kafka;
  const auto topics = make_topics(kafka, partitions);
  fill(kafka, topics);
  auto options = options_for(kafka, topics);
  options.revoke_drain = std::chrono::milliseconds(300);
  worker_side first(options);
  REQUIRE(first.shard().wait_for(40));
  auto records = first.shard().take();

  worker_side second(options);
  REQUIRE(second.shard().wait_for(20));  // two partitions from their start: nothing of them was complete
  auto moved = second.shard().take();
  const auto leaving = revoked_among(records);
  REQUIRE(leaving.size() == 2);

  for (auto& record : records) {
    if (leaving.contains(record.position.partition)) first.end(std::move(record));
  }
  REQUIRE(first.wait_for_completed(20));
  // The second member ends its first record of each: what is committed is that, and not what the first one ended late.
  for (auto& record : moved) {
    if (record.position.offset == 0) second.end(std::move(record));
  }
  REQUIRE(second.wait_for_completed(2));
  for (const auto partition : leaving) {
    CHECK(eventually([&] { return kafka.committed(topics.group, topics.send_code, partition) == 1; }));
  }
  CHECK(eventually([&] { return first.stream().counts().open == 20; }));
  records.clear();
  moved.clear();
  first.finish();
  second.finish();
  for (const auto partition : leaving) CHECK(kafka.committed(topics.group, topics.send_code, partition) == 1);
}

TEST_CASE("the last commit of a revoked partition is sent again when the coordinator is not ready for it", "[mock]") {
  // The mock itself refuses commits for as long as another member has not heard of its assignment. On a busy machine
  // that may last longer than a commit is tried: then the next round shows it. Without trying again none would.
  constexpr int rounds_most = 4;
  bool committed = false;
  for (int round = 0; round < rounds_most && !committed; ++round) {
    cluster kafka;
    const auto topics = make_topics(kafka, partitions);
    fill(kafka, topics);
    auto options = options_for(kafka, topics);
    options.commit_interval = std::chrono::hours(1);  // so that the revocation's commit is the only one
    options.revoke_drain = patience;
    worker_side first(options);
    REQUIRE(first.shard().wait_for(40));
    auto records = first.shard().take();
    worker_side second(options);
    REQUIRE(eventually([&] { return revoked_among(records).size() == 2; }));
    const auto leaving = revoked_among(records);

    const std::vector<rd_kafka_resp_err_t> refusals(3, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
    rd_kafka_mock_push_request_errors_array(kafka.mock(), offset_commit_request, refusals.size(), refusals.data());
    for (auto& record : records) {
      if (leaving.contains(record.position.partition)) first.end(std::move(record));
    }
    records.clear();
    REQUIRE(first.wait_for_partitions(2));
    committed = std::ranges::all_of(leaving, [&](std::int32_t partition) {
      return kafka.committed(topics.group, topics.send_code, partition) == 10;
    });
    REQUIRE(second.wait_for_partitions(2));
    if (committed) CHECK(second.shard().count() == 0);
    first.finish();
    second.finish();
  }
  CHECK(committed);
}

TEST_CASE("lost partitions are neither drained nor committed, and their events come again", "[mock]") {
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(10));
  auto options = options_for(kafka, topics);
  options.commit_interval = std::chrono::hours(1);  // so that a commit could only come of the loss
  options.revoke_drain = patience;
  worker_side worker(options);
  REQUIRE(worker.shard().wait_for(10));
  auto records = worker.shard().take();
  for (std::size_t i = 0; i < 5; ++i) worker.end(std::move(records[i]));
  REQUIRE(worker.wait_for_completed(5));
  const auto before = kafka.committed(topics.group, topics.send_code, 0);

  rd_kafka_mock_push_request_errors(kafka.mock(), heartbeat_request, 1, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
  REQUIRE(eventually([&] { return is_revoked(*records[9].position.held_by); }));
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == before);
  REQUIRE(worker.shard().wait_for(20));  // without waiting for the open ones
  auto again = worker.shard().take();
  CHECK(again.front().position.offset == before.value_or(0));
  CHECK(again.front().position.held_by != records[9].position.held_by);

  for (std::size_t i = 5; i < 10; ++i) worker.end(std::move(records[i]));
  REQUIRE(worker.wait_for_completed(10));
  CHECK(eventually([&] { return worker.stream().counts().open == 10; }));
  for (auto& record : again) worker.end(std::move(record));
  REQUIRE(worker.wait_for_completed(20));
  again.clear();
  records.clear();
  CHECK(worker.finish());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == 10);
}

TEST_CASE("members that come and go under load lose nothing") {
  constexpr int count = 1'000;
  cluster kafka;
  const auto topics = make_topics(kafka, partitions);
  for (int p = 0; p < partitions; ++p) kafka.produce(topics.send_code, numbered(count / partitions, p, 1'000 * p));
  auto options = options_for(kafka, topics);
  options.open_high = 50;
  options.open_low = 20;

  std::set<std::string> ended;
  std::vector<ports::incoming_record> waiting;  // the first member's
  const auto end_or_drop = [&](worker_side& worker, std::vector<ports::incoming_record> records) {
    for (auto& record : records) {
      if (is_revoked(*record.position.held_by)) {
        worker.stream().drop(std::move(record.position));
      } else {
        ended.emplace(record.value);
        worker.end(std::move(record));
      }
    }
  };
  worker_side first(options);
  const auto work_first = [&] { end_or_drop(first, first.shard().take()); };
  REQUIRE(eventually([&] {
    work_first();
    return ended.size() >= 100;
  }));
  {
    // The first one holds what it has until it had to share, and drops what it has of the partitions that it gives
    // away.
    worker_side second(options);
    REQUIRE(eventually([&] {
      for (auto& record : first.shard().take()) waiting.push_back(std::move(record));
      std::erase_if(waiting, [&](const auto& each) {
        if (!is_revoked(*each.position.held_by)) return false;
        first.stream().drop(each.position);
        return true;
      });
      return second.stream().counts().partitions > 0;
    }));
    end_or_drop(first, std::exchange(waiting, {}));
    REQUIRE(eventually([&] {
      work_first();
      end_or_drop(second, second.shard().take());
      return second.stream().counts().completed >= 50;
    }));
    second.finish();  // with events open
  }
  REQUIRE(eventually([&] {
    work_first();
    return total_committed(kafka, topics) == count;
  }));
  CHECK(ended.size() == count);
  CHECK(first.finish());
}

TEST_CASE("a member that is stopped while the group rebalances ends all the same") {
  cluster kafka;
  const auto topics = make_topics(kafka, partitions);
  const auto options = options_for(kafka, topics);
  worker_side first(options);
  REQUIRE(first.wait_for_partitions(partitions));
  {
    worker_side second(options);
    REQUIRE(eventually([&] { return second.ups >= 1; }));  // found the topics: it is joining
    const auto before = std::chrono::steady_clock::now();
    second.finish();
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(16));
  }
  kafka.produce(topics.send_code, numbered(1));
  CHECK(first.shard().wait_for(1));
  CHECK(first.finish());
}
