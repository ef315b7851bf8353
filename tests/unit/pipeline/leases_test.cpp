// Who may work at an event: leases of others, takeovers, renewals, and a store that is away or forgets to answer.
#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::answer_class;
using tests::pipeline_world;

namespace {

// The record of an event that a worker took up and never ended: as after a crash.
void crashed_at(pipeline_world& w, const std::string& id, bool texted) {
  w.twilio.script.push_back({.outcome = answer_class::unknown, .taken = texted, .hangs = true});
  w.deliver(id);
  w.store.take_over(pipeline_world::request_id(id), 15s);
}

tests::event_words again(const std::string& id, std::int64_t first) {
  tests::event_words words;
  words.id = id;
  words.challenge = "challenge-of-this-event-" + std::to_string(first);
  words.key = "another key";  // not behind the first one
  return words;
}

}  // namespace

TEST_CASE("an event that another worker holds is waited for, and its outcome published") {
  pipeline_world w;
  crashed_at(w, "one", true);
  const auto offset = w.deliver(again("one", 0));
  w.pass(5s);
  CHECK(w.outcome(offset) == "open");
  domain::outcome theirs;
  theirs.status = domain::status::sent;
  theirs.message_id = "SM-theirs";
  w.store.end_elsewhere(pipeline_world::request_id("one"), theirs);
  w.pass(1s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.status(offset)["message_id"] == "SM-theirs");
  CHECK(w.twilio.asked.size() == 1);
}

TEST_CASE("a lease that ran out is taken over, and the sender is asked before anything is sent") {
  pipeline_world w;
  crashed_at(w, "one", true);
  w.pass(100ms);
  const auto offset = w.deliver(again("one", 0));
  w.pass(14s);
  CHECK(w.twilio.searches.empty());
  w.pass(2s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.status(offset)["message_id"] == "SM1");
  CHECK(w.twilio.texts.size() == 1);
  CHECK(w.twilio.searches.at(0) == w.store.records.at(pipeline_world::request_id("one")).first_leased_at);
  CHECK(w.store.admitted.size() >= 2);
}

TEST_CASE("after a crash before the text was taken, it goes out once, within 20 s") {
  pipeline_world w;
  crashed_at(w, "one", false);
  const auto offset = w.deliver(again("one", 0));
  w.pass(20s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.twilio.texts.size() == 1);
  CHECK(w.status(offset)["possible_duplicate"] == true);
}

TEST_CASE("after a crash behind a failover the Kinde sender is asked again, and nobody is texted twice") {
  pipeline_world w;
  w.twilio.script.assign(3, {.outcome = answer_class::interrupted});
  w.kinde.script = {{.outcome = answer_class::unknown, .taken = true, .hangs = true}};
  w.deliver("one");
  w.pass(1s);
  CHECK(w.kinde.asked.size() == 1);
  w.store.take_over(pipeline_world::request_id("one"), 0s);
  const auto offset = w.deliver(again("one", 0));
  w.pass(6s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.status(offset)["sender"] == "kinde");
  CHECK(w.kinde.texts.size() == 1);
  CHECK(w.twilio.texts.empty());
}

TEST_CASE("an event whose holders end four times without an end is a dead letter") {
  pipeline_world w;
  crashed_at(w, "one", false);
  w.store.records.at(pipeline_world::request_id("one")).run_out = 3;
  const auto offset = w.deliver(again("one", 0));
  w.pass(16s);
  CHECK(w.outcome(offset) == "dead letter poison");
  CHECK(w.outcome(w.deliver(again("one", 0))) == "dead letter poison");
}

TEST_CASE("a lease is renewed before an attempt that would not end inside it") {
  pipeline_world w;
  w.twilio.script = {
      {.outcome = answer_class::busy, .takes = 4s}, {.outcome = answer_class::busy, .takes = 1s}, {.takes = 1s}};
  const auto offset = w.deliver();
  w.pass(4100ms);  // the second attempt began at 4.05 s: 14.05 and the margin are inside 15 s
  CHECK(w.twilio.asked.size() == 2);
  CHECK(w.store.renewals.empty());
  w.pass(1100ms);  // the third at 5.15 s would not be
  CHECK(w.store.renewals.size() == 1);
  w.pass(1s);
  CHECK(w.outcome(offset) == "sent");
}

TEST_CASE("no attempt and no look lasts beyond the lease, whatever is slow") {
  pipeline_world w;
  w.twilio.script.assign(3, {.outcome = answer_class::unknown, .takes = 60s});
  const auto offset = w.deliver();
  for (int step = 0; step < 600 && w.outcome(offset) == "open"; ++step) {
    w.pass(100ms);
    const auto& record = w.store.records.begin()->second;
    if (w.twilio.sending > 0) REQUIRE(record.lease_ends > w.clock.now());
  }
  CHECK(w.outcome(offset) != "open");
}

TEST_CASE("a refused renewal leaves the event to the other worker, whose outcome is published") {
  pipeline_world w;
  w.twilio.script = {{.outcome = answer_class::busy, .takes = 6s}};
  const auto offset = w.deliver("one");
  w.pass(5s);
  w.store.take_over(pipeline_world::request_id("one"), 15s);
  w.pass(2s);
  CHECK(w.twilio.asked.size() == 1);  // nothing more is sent by us
  domain::outcome theirs;
  theirs.status = domain::status::failed;
  theirs.reason = domain::reason::recipient_opted_out;
  w.store.end_elsewhere(pipeline_world::request_id("one"), theirs);
  w.pass(1s);
  CHECK(w.outcome(offset) == "failed recipient_opted_out");
}

TEST_CASE("a worker that lost its lease while it sent settles nothing over the other's outcome") {
  pipeline_world w;
  w.twilio.script = {{.takes = 5s}};
  const auto offset = w.deliver("one");
  w.store.take_over(pipeline_world::request_id("one"), 15s);
  w.pass(6s);
  CHECK(w.outcome(offset) == "open");
  w.store.end_elsewhere(
      pipeline_world::request_id("one"),
      {.status = domain::status::failed, .reason = domain::reason::unconfirmed, .message_id = {}, .attempts = {}});
  w.pass(1s);
  CHECK(w.outcome(offset) == "failed unconfirmed");
}

TEST_CASE("a text is counted by the worker whose outcome was recorded, and by no other") {
  pipeline_world w;
  w.twilio.script = {{.takes = 5s}};
  const auto offset = w.deliver("one");
  w.store.take_over(pipeline_world::request_id("one"), 15s);
  domain::outcome theirs;
  theirs.status = domain::status::sent;
  theirs.message_id = "SM-theirs";
  w.store.end_elsewhere(pipeline_world::request_id("one"), theirs);
  w.pass(6s);
  CHECK(w.status(offset)["message_id"] == "SM-theirs");
  CHECK(w.telemetry.texts.empty());

  w.store.answers_to_lose = 2;  // of the admission and of the outcome
  w.deliver("two");
  w.pass(5s);
  CHECK(w.telemetry.texts == std::map<std::string, int>{{"AU", 1}});
}

TEST_CASE("an outage of the store defers: nothing is lost, each is texted once") {
  pipeline_world w;
  w.store.outage = true;
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < 50; ++i) {
    tests::event_words words;
    words.key = "key " + std::to_string(i);
    offsets.push_back(w.deliver(words));
  }
  w.pass(60s);
  CHECK(w.twilio.asked.empty());
  CHECK(w.stream.ended.empty());
  w.store.outage = false;
  w.pass(3s);
  for (const auto offset : offsets) CHECK(w.outcome(offset) == "sent");
  CHECK(w.twilio.texts.size() == 50);
}

TEST_CASE("an outage between the send and its settling repeats nothing") {
  pipeline_world w;
  w.twilio.script = {{.takes = 1s}};
  const auto offset = w.deliver();
  w.store.outage = true;
  w.pass(120s);
  CHECK(w.outcome(offset) == "open");
  CHECK(w.twilio.asked.size() == 1);
  w.store.outage = false;
  w.pass(3s);
  CHECK(w.outcome(offset) == "sent");
  CHECK(w.twilio.asked.size() == 1);
}

TEST_CASE("an outage between two attempts uses up no budget: the text goes out afterwards") {
  pipeline_world w;
  w.twilio.script = {{.outcome = answer_class::busy, .takes = 6s}, {}};
  const auto offset = w.deliver();
  w.pass(5s);
  w.store.outage = true;  // the second attempt needs a renewed lease
  w.pass(120s);
  CHECK(w.twilio.asked.size() == 1);
  w.store.outage = false;
  w.pass(3s);
  CHECK(w.outcome(offset) == "sent");
  REQUIRE(w.twilio.asked.size() == 2);
  CHECK(w.twilio.asked[1].time_left == 10s);
}

TEST_CASE("an answer that got lost is asked for again under the same token, and counts once") {
  pipeline_world w;
  w.store.answers_to_lose = 1;  // admit's
  const auto first = w.deliver();
  w.pass(1s);
  CHECK(w.outcome(first) == "sent");
  REQUIRE(w.store.admitted.size() == 2);
  CHECK(w.store.admitted[0].token == w.store.admitted[1].token);
  CHECK(w.twilio.texts.size() == 1);
  CHECK(w.twilio.searches.empty());

  w.twilio.script = {{.takes = 1s}};
  const auto second = w.deliver();
  w.store.answers_to_lose = 1;  // settle's
  w.pass(2s);
  CHECK(w.outcome(second) == "sent");
  CHECK(w.twilio.texts.size() == 2);
}

TEST_CASE("a skew of the clocks is measured") {
  pipeline_world w;
  w.store.clock_behind = 1500ms;
  w.deliver();
  CHECK(w.telemetry.skew == 1500ms);
}

TEST_CASE("a takeover that the settings no longer allow ends unconfirmed: it may have been texted") {
  pipeline_world w;
  crashed_at(w, "one", true);
  w.environment().phone_applications.clear();
  w.update();
  const auto offset = w.deliver(again("one", 0));
  w.pass(16s);
  CHECK(w.outcome(offset) == "failed unconfirmed");
  CHECK(w.twilio.asked.size() == 1);
}
