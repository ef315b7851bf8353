#include "tests/catch.hpp"
#include "tests/integration/kafka/worker_side.hpp"

using namespace sendcode;
using namespace sendcode::tests;

TEST_CASE("intake pauses at the high mark, resumes at the low one and not before, and loses nothing") {
  constexpr int count = 200;
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(count));
  auto options = options_for(kafka, topics);
  options.open_high = 20;
  options.open_low = 5;
  worker_side worker(options);
  REQUIRE(worker.shard().wait_for(20));
  REQUIRE(eventually([&] { return worker.stream().counts().paused; }));
  auto records = worker.shard().take();
  REQUIRE(records.size() == 20);

  for (std::size_t i = 0; i < 14; ++i) worker.end(std::move(records[i]));
  REQUIRE(worker.wait_for_completed(14));
  CHECK(worker.stream().counts().paused);  // 6 are open, one above the low mark
  CHECK(worker.shard().count() == 20);
  for (std::size_t i = 14; i < 20; ++i) worker.end(std::move(records[i]));

  int next = 20;
  while (next < count) {
    REQUIRE(worker.shard().wait_for(static_cast<std::size_t>(next) + 1));
    for (auto& record : worker.shard().take()) {
      REQUIRE(record.value == std::to_string(next++));
      worker.end(std::move(record));
    }
    REQUIRE(worker.stream().counts().open <= 20);
  }
  REQUIRE(worker.wait_for_completed(count));
  CHECK(worker.shard().count() == count);
  records.clear();
  CHECK(worker.finish());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == count);
}

TEST_CASE("a backlog is worked off without a rest after each pause") {
  constexpr int count = 400;
  constexpr std::size_t pauses_least = 10;
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  auto options = options_for(kafka, topics);
  options.open_high = 40;
  options.open_low = 10;
  options.properties["queued.min.messages"] = "20";  // enough is fetched at once: librdkafka asks for no more
  worker_side worker(options);
  std::size_t ended = 0;
  const auto work_off = [&] {
    const std::size_t all = ended + count;
    kafka.produce(topics.send_code, numbered(count, 0, static_cast<int>(ended)));
    REQUIRE(worker.shard().wait_for(ended + 1));
    const auto began = std::chrono::steady_clock::now();
    while (ended < all) {
      REQUIRE(worker.shard().wait_for(ended + 1));
      for (auto& record : worker.shard().take()) {
        REQUIRE(record.value == std::to_string(ended++));
        worker.end(std::move(record));
      }
    }
    return std::chrono::steady_clock::now() - began;
  };
  // librdkafka by itself would look after half a second each, on average. Whatever else the machine does lengthens it
  // and never shortens it: one round that holds is enough.
  constexpr int rounds_max = 3;
  bool holds = false;
  for (int round = 0; round < rounds_max && !holds; ++round) {
    holds = work_off() < std::chrono::milliseconds{300} * pauses_least;
  }
  CHECK(holds);
  REQUIRE(worker.wait_for_completed(ended));
  CHECK(worker.finish());
}

TEST_CASE("a partition whose oldest event stays open pauses at its span, and the others go on") {
  constexpr int count = 300;
  constexpr std::size_t span = 50;
  cluster kafka;
  const auto topics = make_topics(kafka, 2);
  kafka.produce(topics.send_code, numbered(count, 0));
  kafka.produce(topics.send_code, numbered(count, 1));
  auto options = options_for(kafka, topics);
  options.span_max = span;
  options.open_high = 10;  // so that a turn takes few records, and the span is looked at in between
  options.open_low = 5;
  worker_side worker(options);

  std::optional<ports::incoming_record> held;
  std::size_t of_held = 0;
  std::size_t of_other = 0;
  REQUIRE(eventually([&] {
    for (auto& record : worker.shard().take()) {
      ++(record.position.partition == 0 ? of_held : of_other);
      if (record.position.partition == 0 && record.position.offset == 0) {
        held = std::move(record);
      } else {
        worker.end(std::move(record));
      }
    }
    return of_other == count && of_held >= span;
  }));
  REQUIRE(held);
  CHECK(of_held <= span + 10);

  worker.end(std::move(*held));
  held.reset();
  CHECK(eventually([&] {
    for (auto& record : worker.shard().take()) {
      ++of_held;
      worker.end(std::move(record));
    }
    return of_held == count;
  }));
  REQUIRE(worker.wait_for_completed(2 * count));
  CHECK(worker.finish());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == count);
  CHECK(kafka.committed(topics.group, topics.send_code, 1) == count);
}

TEST_CASE("a full span calls for room in its older half alone, until the partition goes on") {
  constexpr int count = 200;
  constexpr std::size_t span = 50;
  cluster kafka;
  const auto topics = make_topics(kafka, 1);
  kafka.produce(topics.send_code, numbered(count));
  auto options = options_for(kafka, topics);
  options.span_max = span;
  options.open_high = 10;
  options.open_low = 5;
  worker_side worker(options);

  // The first three are held, as for an environment without a sender; and so is one in the younger half.
  constexpr std::int64_t young = 45;
  std::vector<ports::incoming_record> held;
  std::size_t taken = 0;
  const auto take_in = [&] {
    for (auto& record : worker.shard().take()) {
      ++taken;
      const auto offset = record.position.offset;
      if (offset < 3 || offset == young) {
        held.push_back(std::move(record));
      } else {
        worker.end(std::move(record));
      }
    }
  };
  REQUIRE(eventually([&] {
    take_in();
    return held.size() == 4 && ports::must_make_room(held.front().position);
  }));
  CHECK(taken >= span);
  for (std::size_t i = 0; i < 3; ++i) CHECK(ports::must_make_room(held[i].position));
  CHECK_FALSE(ports::must_make_room(held[3].position));

  for (std::size_t i = 0; i < 3; ++i) worker.end(std::move(held[i]));
  REQUIRE(eventually([&] {
    take_in();
    return taken >= span + 25;  // it goes on, with the young one still held
  }));
  // Which in its turn becomes the oldest one of a full span.
  REQUIRE(eventually([&] {
    take_in();
    return ports::must_make_room(held[3].position);
  }));
  worker.end(std::move(held[3]));
  held.clear();
  REQUIRE(eventually([&] {
    take_in();
    return taken == count;
  }));
  REQUIRE(worker.wait_for_completed(count));
  CHECK(worker.finish());
  CHECK(kafka.committed(topics.group, topics.send_code, 0) == count);
}
