// Kafka brings records again; promises 1, 2 and 6.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

TEST_CASE("the same event again is told again under the same id, and not texted again") {
  world with({.live = {.limits = "[{per: phone, max: 1, window: 1h}]"}});
  with.start_worker();
  const auto event = with.make_event("+61491570006");
  const auto status = with.send_and_wait(event);
  CHECK(status["status"] == "sent");
  with.send({event, event});
  REQUIRE(eventually([&] { return with.outcomes_of(event).size() == 3; }));
  for (const auto& each : with.outcomes_of(event)) CHECK(each.data == status);
  CHECK(with.senders.texts() == 1);
}

TEST_CASE("three copies at once are one text") {
  world with;
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 500}});
  const auto event = with.make_event("+61491570006");
  // Other record keys: other shards take them up at the same time.
  auto record = with.as_record(event);
  std::vector<sendcode::tests::test_record> copies;
  for (const auto* key : {"a", "b", "c"}) {
    record.key = key;
    copies.push_back(record);
  }
  with.produce(copies);
  REQUIRE(eventually([&] { return with.outcomes_of(event).size() == 3; }, patience));
  for (const auto& each : with.outcomes_of(event)) CHECK(each.data == with.outcome(event));
  CHECK(with.senders.texts() == 1);
}

TEST_CASE("the same id with other data is a dead letter") {
  world with;
  with.start_worker();
  const auto event = with.make_event(phone_number(1));
  with.send_and_wait(event);
  auto other = event;
  other.data["phone_number"] = phone_number(2);
  with.send({other});
  REQUIRE(eventually([&] { return with.dead_letters->records().size() == 1; }));
  const auto letter = with.dead_letters->records()[0];
  CHECK(letter.header("error") == "id_reused");
  CHECK(letter.value == other.data.dump());
  CHECK(with.senders.texts() == 1);
}

TEST_CASE("events of one key go out in order") {
  world with;
  with.start_worker();
  // The first is slow: the others must not pass it.
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 400}, {"times", 1}});
  std::vector<event> events;
  for (int i = 0; i < 8; ++i) events.push_back(with.make_event("+61491570006"));
  with.send(events);
  with.require_ended(events);
  const auto texts = with.senders.messages("+61491570006");
  REQUIRE(texts.size() == events.size());
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(texts[i]["sid"] == with.outcome(events[i])["message_id"]);
}
