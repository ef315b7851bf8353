// Redis or Kafka away, secrets missing, settings that change: promise 5.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

TEST_CASE("Redis away for a while defers, loses nothing and texts nobody twice") {
  const bool restarted = GENERATE(false, true);
  world with;
  auto& worker = with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 50}});
  const auto events = with.load(0, 200);
  REQUIRE(eventually([&] { return with.senders.texts() >= 40; }, patience));
  restarted ? with.redis.stop() : with.redis.freeze();
  CHECK(worker.says("Redis cannot be used: intake waits for it"));
  const auto down = [&] { return with.metrics(worker).find("sendcode_dependency_up{dependency=\"redis\"} 0"); };
  CHECK(eventually([&] { return down() != std::string::npos; }));
  CHECK(http_call(worker.port(), "GET", "/readyz").status == 200);
  restarted ? with.redis.start() : with.redis.thaw();
  CHECK(worker.says("Redis is back"));
  with.require_one_text_each(events);
  CHECK(worker.running());
}

TEST_CASE("without Kafka the worker starts, says so, takes up work when it comes, and outlives its crash") {
  kafka_server late(sendcode::redis_tests::free_port());
  world with({.bootstrap = late.bootstrap()});
  auto& worker = with.start_worker();
  REQUIRE(worker.says("Kafka cannot be reached: intake waits"));
  CHECK(worker.running());
  late.start();
  REQUIRE(worker.says("topics are missing"));
  with.make_topics();
  CHECK(with.send_and_wait(with.make_event(phone_number(1)))["status"] == "sent");
  // Once, and then at growing intervals: after 1, 2, 4 and 8 s.
  CHECK(occurrences(worker.log(), "Kafka cannot be reached: intake waits") <= 5);

  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 50}});
  const auto events = with.load(10, 110);
  REQUIRE(eventually([&] { return with.senders.texts() >= 20; }, patience));
  late.kill();
  late.start();
  with.require_one_text_each(events);
}

TEST_CASE("a wrong Redis password is said plainly") {
  world with({.redis_password = "the-right-one", .configured_password = "a-wrong-one"});
  auto& worker = with.start_worker();
  const auto event = with.make_event(phone_number(1));
  with.send({event});
  REQUIRE(worker.says("WRONGPASS"));
  CHECK(worker.says("redis.password"));
  CHECK(worker.log().find("a-wrong-one") == std::string::npos);
  CHECK(worker.running());
  CHECK(with.outcomes_of(event).empty());
}

TEST_CASE("a missing secret holds its environment's events alone, until it comes") {
  world with;
  with.write_settings({.environment = "env_other"});
  auto& worker = with.start_worker();
  const auto held = with.make_event(phone_number(1), {{"environment_id", "env_other"}});
  with.send({held});
  REQUIRE(worker.says("an event is held"));
  CHECK(worker.log().find("env_other/twilio_auth_token") != std::string::npos);
  CHECK(with.send_and_wait(with.make_event(phone_number(2)))["status"] == "sent");
  CHECK(with.outcomes_of(held).empty());
  CHECK(with.metrics(worker).find("sendcode_held_events 1\n") != std::string::npos);
  with.write_secret("env_other/twilio_auth_token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  CHECK(with.outcome(held)["status"] == "sent");
  CHECK(with.senders.texts() == 2);
}

TEST_CASE("settings that change are in force without a restart, and broken ones are not taken") {
  world with;
  auto& worker = with.start_worker();
  const auto german = [&] { return with.make_event("+4915123456789"); };
  CHECK(with.send_and_wait(german())["reason"] == "country_not_allowed");
  with.write_settings({.countries = "[AU, US, DE]"});
  REQUIRE(eventually([&] { return with.send_and_wait(german())["status"] == "sent"; }, patience));
  with.write_settings({.countries = "[Germany]"});
  REQUIRE(worker.says("a settings document is refused"));
  CHECK(worker.log().find("allowed_countries") != std::string::npos);
  CHECK(with.send_and_wait(german())["status"] == "sent");
}
