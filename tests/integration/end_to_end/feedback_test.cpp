// Message Feedback: Twilio is told of the texts whose codes were typed; and the conversion that we count ourselves.
#include <chrono>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

bool holds(const std::string& metrics, const std::string& line) {
  return metrics.find(line + "\n") != std::string::npos;
}

int confirmations(const world& with) {
  return with.senders.counts()["confirmations"].get<int>();
}

}  // namespace

TEST_CASE("Twilio is told of the last text of an approved challenge, and of nothing else") {
  world with({.live = {.more = "provide_feedback: true"}});
  settings silent{.environment = "env_silent", .account = settings::other_account};
  with.write_settings(silent);
  with.write_secret("env_silent/twilio_auth_token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  auto& worker = with.start_worker();

  // An environment that doesn't ask for it, approved first.
  const auto other = with.make_event(phone_number(1), {{"environment_id", "env_silent"}});
  CHECK(with.send_and_wait(other)["status"] == "sent");
  CHECK(with.senders.messages(phone_number(1)).at(0)["feedback"].is_null());
  CHECK(with.check(worker, other, with.codes_on(phone_number(1)).at(0))["status"] == "approved");

  const auto event = with.make_event(australian);
  const auto resend = with.make_event(australian, {{"challenge_id", event.challenge()}});
  CHECK(with.send_and_wait(event)["status"] == "sent");
  CHECK(with.send_and_wait(resend)["status"] == "sent");
  const auto code = with.codes_on(australian).at(0);
  CHECK(with.check(worker, event, code == "000000" ? "000001" : "000000")["status"] == "incorrect");
  for (const auto& text : with.senders.messages(australian)) CHECK(text["feedback"] == "unconfirmed");
  CHECK(with.check(worker, event, code)["status"] == "approved");
  REQUIRE(eventually([&] { return confirmations(with) == 1; }));
  const auto texts = with.senders.messages(australian);
  REQUIRE(texts.size() == 2);
  CHECK(texts[0]["feedback"] == "unconfirmed");
  CHECK(texts[1]["feedback"] == "confirmed");
  CHECK(with.senders.counts()["requests"]["twilio_feedback"] == 1);

  const auto metrics = [&] { return with.metrics(worker); };
  CHECK(eventually([&] { return holds(metrics(), R"(sendcode_feedback_total{result="confirmed"} 1)"); }));
  CHECK(holds(metrics(), R"(sendcode_texts_sent_total{environment="env_live"} 2)"));
  CHECK(holds(metrics(), R"(sendcode_approvals_total{environment="env_live"} 1)"));
  CHECK(holds(metrics(), R"(sendcode_texts_sent_by_country_total{country="AU"} 3)"));
  CHECK(holds(metrics(), R"(sendcode_approvals_by_country_total{country="AU"} 2)"));
}

TEST_CASE("feedback that Twilio does not take holds up no check, and is told once more") {
  world with({.live = {.more = "provide_feedback: true"}});
  auto& worker = with.start_worker();
  const auto events = with.load(0, 8);
  with.require_ended(events);
  with.senders.fault({{"target", "twilio_feedback"}, {"kind", "hang"}, {"delay_ms", 20000}, {"times", 7}});
  for (const auto& each : events) {
    const auto began = std::chrono::steady_clock::now();
    CHECK(with.check(worker, each, with.codes_on(each.phone()).at(0))["status"] == "approved");
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});  // what waiting for it would take
  }
  // Each is given up after 5 s, and told again 5 s later.
  CHECK(eventually([&] { return confirmations(with) == 8; }, patience));
  CHECK(holds(with.metrics(worker), R"(sendcode_feedback_total{result="confirmed"} 8)"));
}

TEST_CASE("a code that the Kinde sender texted is nothing that Twilio could be told of") {
  world with({.live = {.more = "provide_feedback: true"}});
  auto& worker = with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "refuse"}});
  const auto event = with.make_event(australian);
  CHECK(with.send_and_wait(event)["sender"] == "kinde");
  CHECK(with.check(worker, event, with.codes_on(australian).at(0))["status"] == "approved");
  CHECK(eventually([&] { return holds(with.metrics(worker), R"(sendcode_feedback_total{result="no_text"} 1)"); }));
  CHECK(with.senders.counts()["requests"]["twilio_feedback"] == 0);
  CHECK(holds(with.metrics(worker), R"(sendcode_texts_sent_total{environment="env_live"} 1)"));
}
