// An environment's sender is away: its events are held, others pass them, and each goes out once when it is back.
#include <csignal>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

// Below 0: it is not told, for the worker only starts.
double metric(const worker& of, const std::string& name) {
  const auto text = http_call(of.port(), "GET", "/metrics").body;
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

bool holds(const worker& of, std::size_t events) {
  return eventually([&] { return metric(of, "sendcode_held_events") >= static_cast<double>(events); }, patience);
}

// The second environment, with what it needs.
void add_other(const world& with, const settings& chosen) {
  with.write_settings(chosen);
  with.write_secret("env_other/twilio_auth_token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
}

const std::string breaker = "sendcode_breaker_state{sender=\"twilio\"}";

}  // namespace

TEST_CASE(
    "an outage of Twilio's holds an environment without a fallback, the others pass, and nobody is texted twice") {
  world with({.live = {.fallback = "none"}});
  add_other(with, {.environment = "env_other", .twilio = false});
  auto& worker = with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "refuse"}});
  const auto held = with.load(0, 20);
  REQUIRE(holds(worker, held.size()));
  CHECK(metric(worker, breaker) >= 1);
  const auto passing = with.send_and_wait(with.make_event(phone_number(100), {{"environment_id", "env_other"}}));
  CHECK(passing["status"] == "sent");
  CHECK(passing["sender"] == "kinde");
  CHECK(with.ended(held) == 0);
  CHECK(http_call(worker.port(), "GET", "/readyz").status == 200);

  with.senders.clear_faults();
  with.require_one_text_each(held);
  CHECK(eventually([&] { return metric(worker, breaker) == 0; }));
  CHECK(metric(worker, "sendcode_held_events") == 0);
}

TEST_CASE("a Twilio that hangs for one account holds that one's events, asks before it texts again, and texts once") {
  world with({.live = {.fallback = "none"}});
  add_other(with, {.environment = "env_other", .account = settings::other_account, .fallback = "none"});
  auto& worker = with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "hang"}, {"delay_ms", 300}, {"account", settings::live_account}});
  const auto held = with.load(0, 10);
  REQUIRE(holds(worker, held.size() / 2));  // those that are not asked for just now
  const auto passing = with.send_and_wait(with.make_event(phone_number(100), {{"environment_id", "env_other"}}));
  CHECK(passing["status"] == "sent");
  CHECK(passing["sender"] == "twilio");

  with.senders.clear_faults();
  with.require_ended(held);
  const auto texts = with.senders.texts_by_phone();
  for (const auto& each : held) {
    CHECK(with.outcome(each)["status"] == "sent");
    CHECK(texts.at(each.phone()) == 1);
  }
}

TEST_CASE("a Twilio that asks one account to wait for seconds keeps no other environment's events waiting") {
  world with({.live = {.fallback = "none"}});
  add_other(with, {.environment = "env_other", .account = settings::other_account, .fallback = "none"});
  auto& worker = with.start_worker({{"SENDCODE_WORKER__SHARDS", "1"}, {"SENDCODE_WORKER__MAX_IN_FLIGHT", "1"}});
  with.senders.fault({{"target", "twilio"},
                      {"kind", "status"},
                      {"http_status", 429},
                      {"error_code", 20429},
                      {"retry_after", 6},
                      {"times", 1},
                      {"account", settings::live_account}});
  const auto waiting = with.make_event(phone_number(0));
  with.send({waiting});
  REQUIRE(holds(worker, 1));
  CHECK(metric(worker, "sendcode_in_flight") == 0);
  const auto passing = with.send_and_wait(with.make_event(phone_number(100), {{"environment_id", "env_other"}}));
  CHECK(passing["status"] == "sent");
  CHECK(with.ended({waiting}) == 0);
  with.require_ended({waiting});
  CHECK(with.outcome(waiting)["status"] == "sent");
  CHECK(with.outcome(waiting)["attempts"].size() == 2);
  CHECK(with.senders.texts() == 2);
}

TEST_CASE("an account whose credentials are refused is held for, and another's texts go on") {
  world with({.live = {.fallback = "none"}});
  add_other(with, {.environment = "env_other", .account = settings::other_account});
  auto& worker = with.start_worker();
  with.senders.fault({{"target", "twilio"},
                      {"kind", "status"},
                      {"http_status", 401},
                      {"error_code", 20003},
                      {"account", settings::live_account}});
  const auto events = with.load(0, 20);
  REQUIRE(eventually([&] {
    const auto held = metric(worker, "sendcode_held_events");
    return held > 0 && static_cast<double>(with.ended(events)) + held == static_cast<double>(events.size());
  }));
  const auto refused = with.ended(events);
  CHECK(refused <= 6);  // those that opened the breakers of two shards
  const auto passing = with.send_and_wait(with.make_event(phone_number(100), {{"environment_id", "env_other"}}));
  CHECK(passing["status"] == "sent");

  with.senders.clear_faults();
  with.require_ended(events);
  std::size_t sent = 0;
  for (const auto& each : events) {
    const auto status = with.outcome(each);
    if (status["status"] == "sent") {
      ++sent;
    } else {
      CHECK(status["reason"] == "sender_rejected");
    }
  }
  CHECK(sent == events.size() - refused);
  CHECK(with.senders.texts() == static_cast<int>(sent) + 1);
}

TEST_CASE("a refused account fails over only if it accepted a text before, and a new worker knows that") {
  world with;
  const json refusal{{"target", "twilio"}, {"kind", "status"}, {"http_status", 401}, {"error_code", 20003}};
  {
    auto& first = with.start_worker();
    with.senders.fault(refusal);
    const auto unknown = with.send_and_wait(with.make_event(phone_number(1)));
    CHECK(unknown["status"] == "failed");
    CHECK(unknown["reason"] == "sender_rejected");
    with.senders.clear_faults();
    CHECK(with.send_and_wait(with.make_event(phone_number(2)))["sender"] == "twilio");
    CHECK(first.stop() == 0);
  }
  with.start_worker();
  with.senders.fault(refusal);
  const auto known = with.send_and_wait(with.make_event(phone_number(3)));
  CHECK(known["status"] == "sent");
  CHECK(known["sender"] == "kinde");
  CHECK(known["failed_over"] == true);
}

TEST_CASE("a worker that is told to end gives its held events back, and the next one sends them at once") {
  world with({.live = {.fallback = "none"}});
  auto& first = with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "refuse"}});
  const auto events = with.load(0, 10);
  REQUIRE(holds(first, events.size()));
  CHECK(first.stop() == 0);
  CHECK(with.ended(events) == 0);
  with.senders.clear_faults();
  with.start_worker();
  with.require_one_text_each(events);
}
