// Redis, Kafka and Twilio away or in trouble: promises 2 and 5.
#include "tests/faults/scale.hpp"

using namespace sendcode::e2e;
using sendcode::faults::chosen_scale;
using sendcode::faults::outlast;
using sendcode::faults::wide_settings;

TEST_CASE("a long outage of Redis defers, loses nothing and texts nobody twice") {
  const bool restarted = GENERATE(false, true);
  const int count = chosen_scale().events;
  world with({.live = wide_settings()});
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 50}});
  const auto events = with.load(0, count);
  REQUIRE(eventually([&] { return with.senders.texts() >= count / 4; }, patience));
  restarted ? with.redis.stop() : with.redis.freeze();
  outlast(chosen_scale().redis_away);
  CHECK(with.ended(events) < events.size());
  restarted ? with.redis.start() : with.redis.thaw();
  with.require_sent_once_or_marked(events);
}

TEST_CASE("a long outage of Kafka defers, loses nothing and texts nobody twice") {
  const int count = chosen_scale().events;
  kafka_server kafka(sendcode::redis_tests::free_port());
  kafka.start();
  world with({.live = wide_settings(), .bootstrap = kafka.bootstrap()});
  with.make_topics();
  auto& worker = with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 50}});
  const auto events = with.load(0, count);
  REQUIRE(eventually([&] { return with.senders.texts() >= count / 4; }, patience));
  kafka.kill();
  outlast(chosen_scale().kafka_away);
  CHECK(worker.running());
  kafka.start();
  with.require_sent_once_or_marked(events);
  CHECK(eventually([&] { return with.lag() == 0; }));
}

TEST_CASE("whatever Twilio does to its connections, each event ends once, and who has two texts is marked") {
  const auto* kind = GENERATE("hang", "reset_before_read", "reset_after_read", "taken_unanswered", "truncated",
                              "malformed", "latency");
  INFO(kind);
  const int count = chosen_scale().events / 4;
  world with({.live = wide_settings(), .max_in_flight = 50});
  with.start_worker();
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", kind}, {"times", count / 5}, {"delay_ms", 3'000}});
  const auto events = with.load(0, count);
  with.require_sent_once_or_marked(events);
  CHECK(eventually([&] { return with.lag() == 0; }));
}
