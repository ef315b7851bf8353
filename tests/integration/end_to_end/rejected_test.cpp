// Events that end without a text: each reason that a worker can give.
#include "common/timestamp.hpp"
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

struct refusal {
  event what;
  std::string reason;
};

void expect(world& with, const std::vector<refusal>& cases) {
  std::vector<event> events;
  for (const auto& each : cases) events.push_back(each.what);
  with.send(events);
  for (const auto& [what, reason] : cases) {
    const auto status = with.outcome(what);
    INFO(status.dump());
    CHECK(status["status"] == "rejected");
    CHECK(status["reason"] == reason);
    CHECK_FALSE(status.contains("attempts"));
    CHECK_FALSE(status.contains("sender"));
  }
  CHECK(with.senders.texts() == 0);
}

}  // namespace

TEST_CASE("events that the settings or the number forbid are rejected, each with its reason") {
  world with({.live = {.more = "blocked_prefixes: [\"+61491571\"]"}});
  auto off = settings{.environment = "env_off", .mfa = "{policy: \"off\"}"};
  with.write_secret("env_off/twilio_auth_token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  with.write_settings(off);
  with.start_worker();
  const auto phone = phone_number(1);
  const json mfa{{"purpose", "mfa"}, {"user_id", "user-1"}};
  auto second_factor_off = mfa;
  second_factor_off["environment_id"] = "env_off";
  expect(with, {{with.make_event("+6149157000"), "invalid_number"},
                {with.make_event("no number at all"), "invalid_number"},
                {with.make_event("+61255501234"), "unsupported_number_type"},
                {with.make_event("+80012345678"), "unsupported_number_type"},
                {with.make_event("+4915123456789"), "country_not_allowed"},
                {with.make_event("+61491571804"), "prefix_not_allowed"},
                {with.make_event(phone, {{"environment_id", "env_nobody"}}), "unknown_environment"},
                {with.make_event(phone, {{"application_id", "app_nobody"}}), "unknown_application"},
                {with.make_event(phone, {{"connection_id", "conn_0"}}), "unknown_connection"},
                {with.make_event(phone, {{"application_id", "app_admin"}}), "phone_auth_off"},
                {with.make_event(phone, second_factor_off), "sms_mfa_off"}});
}

TEST_CASE("limits by phone, user, client address and environment reject, and say when to try again") {
  std::string limits, reason;
  json first{}, second{};
  std::string other_phone = phone_number(2);
  SECTION("phone") {
    limits = "[{per: phone, max: 2, window: 60s}]";
    reason = "rate_limited.phone";
    other_phone = phone_number(1);
  }
  SECTION("user") {
    limits = "[{per: user, max: 2, window: 60s}]";
    reason = "rate_limited.user";
    first = second = {{"user_id", "user-1"}};
  }
  SECTION("client address: an IPv6 network counts as one") {
    limits = "[{per: client_ip, max: 2, window: 60s}]";
    reason = "rate_limited.client_ip";
    first = {{"client_ip", "2001:db8:1:2::7"}};
    second = {{"client_ip", "2001:db8:1:2:ffff::8"}};
  }
  SECTION("environment") {
    limits = "[{per: environment, max: 2, window: 60s}]";
    reason = "rate_limited.environment";
  }
  // Whatever the case is about, a phone's own default of one in 30 s must not come first.
  if (reason != "rate_limited.phone") limits.insert(limits.size() - 1, ", {per: phone, max: 100, window: 60s}");
  world with({.live = {.limits = limits}});
  with.start_worker();
  CHECK(with.send_and_wait(with.make_event(phone_number(1), first))["status"] == "sent");
  CHECK(with.send_and_wait(with.make_event(other_phone, second))["status"] == "sent");
  const auto third = with.make_event(phone_number(1), first);
  const auto status = with.send_and_wait(third);
  CHECK(status["status"] == "rejected");
  CHECK(status["reason"] == reason);
  CHECK(status["retry_after_s"].get<int>() > 30);
  CHECK(status["retry_after_s"].get<int>() <= 62);
  CHECK(with.senders.texts() == 2);
  // Redelivered, it is the same rejection.
  with.send({third});
  REQUIRE(eventually([&] { return with.outcomes_of(third).size() == 2; }));
  CHECK(with.outcomes_of(third)[1].data == status);
}

TEST_CASE("a challenge belongs to one phone, user and application") {
  world with;
  with.start_worker();
  const auto first = with.make_event(phone_number(1), {{"user_id", "user-1"}});
  CHECK(with.send_and_wait(first)["status"] == "sent");
  const json same{{"challenge_id", first.challenge()}, {"user_id", "user-1"}};
  auto other_user = same;
  other_user["user_id"] = "user-2";
  for (const auto& other : {with.make_event(phone_number(2), same), with.make_event(phone_number(1), other_user)}) {
    const auto status = with.send_and_wait(other);
    CHECK(status["status"] == "rejected");
    CHECK(status["reason"] == "challenge_mismatch");
  }
  CHECK(with.senders.texts() == 1);
}

TEST_CASE("five wrong guesses lock a challenge, and no further text is sent for it") {
  world with;
  auto& worker = with.start_worker();
  const auto event = with.make_event(phone_number(1));
  with.send_and_wait(event);
  const auto code = with.codes_on(event.phone()).at(0);
  const auto wrong = code == "000000" ? "000001" : "000000";
  for (int left = 4; left >= 0; --left) {
    const auto answer = with.check(worker, event, wrong);
    CHECK(answer["status"] == "incorrect");
    CHECK(answer["attempts_left"] == left);
  }
  CHECK(with.check(worker, event, code)["status"] == "locked_out");
  const auto again = with.make_event(event.phone(), {{"challenge_id", event.challenge()}});
  const auto status = with.send_and_wait(again);
  CHECK(status["status"] == "rejected");
  CHECK(status["reason"] == "locked_out");
}

TEST_CASE("an environment without Twilio has ten texts a month") {
  world with({.live = {.twilio = false}});
  with.start_worker();
  std::vector<event> events;
  for (int i = 0; i < 10; ++i) events.push_back(with.make_event(phone_number(i)));
  with.send(events);
  for (const auto& each : events) {
    const auto status = with.outcome(each);
    CHECK(status["status"] == "sent");
    CHECK(status["sender"] == "kinde");
    CHECK_FALSE(status.value("failed_over", false));
  }
  const auto status = with.send_and_wait(with.make_event(phone_number(11)));
  CHECK(status["status"] == "rejected");
  CHECK(status["reason"] == "allowance_used_up");
  CHECK(with.senders.texts() == 10);
}

TEST_CASE("an event with less than a tenth of its code's life left is expired, never texted") {
  world with;
  with.start_worker();
  const auto now = std::chrono::floor<sendcode::milliseconds>(std::chrono::system_clock::now());
  auto late = with.make_event(phone_number(1));
  late.time = sendcode::to_rfc3339(now - std::chrono::seconds{545});
  auto in_time = with.make_event(phone_number(2));
  in_time.time = sendcode::to_rfc3339(now - std::chrono::seconds{400});
  const auto status = with.send_and_wait(late);
  CHECK(status["status"] == "expired");
  CHECK(status["reason"] == "too_old");
  CHECK(with.send_and_wait(in_time)["status"] == "sent");
  CHECK(with.senders.messages(late.phone()).empty());
  // Twilio must not hold it longer than the code lives.
  CHECK(with.senders.messages(in_time.phone())[0]["validity_period"].get<int>() <= 200);
}

TEST_CASE("what Twilio says about the recipient, the account or fraud is final") {
  world with;
  with.start_worker();
  for (const auto& [phone, reason] :
       {std::pair{"+15005550010", "recipient_unreachable"}, std::pair{"+15005550009", "recipient_unreachable"},
        std::pair{"+15005550004", "recipient_opted_out"}, std::pair{"+15005550003", "sender_rejected"},
        std::pair{"+15005550012", "suspected_fraud"}}) {
    const auto status = with.send_and_wait(with.make_event(phone));
    INFO(status.dump());
    CHECK(status["status"] == "failed");
    CHECK(status["reason"] == reason);
    CHECK(status["attempts"].size() == 1);
  }
  CHECK(with.senders.texts() == 0);
}

TEST_CASE("three fraud answers for different phones of a prefix stop the prefix") {
  world with;
  with.start_worker();
  with.senders.fault(
      {{"target", "twilio"}, {"kind", "status"}, {"http_status", 400}, {"error_code", 30450}, {"times", 3}});
  for (int i = 0; i < 3; ++i) {
    const auto status = with.send_and_wait(with.make_event("+6149157000" + std::to_string(6 + i)));
    CHECK(status["status"] == "failed");
    CHECK(status["reason"] == "suspected_fraud");
  }
  const auto status = with.send_and_wait(with.make_event("+61491570156"));
  CHECK(status["status"] == "rejected");
  CHECK(status["reason"] == "suspected_fraud");
  CHECK(with.send_and_wait(with.make_event(phone_number(1)))["status"] == "sent");
  CHECK(with.senders.texts() == 1);
}

TEST_CASE("an account that Twilio has never accepted is no way to the shared sender") {
  world with;
  with.write_secret("env_live/twilio_auth_token", "a-wrong-token");
  auto& worker = with.start_worker();
  const auto status = with.send_and_wait(with.make_event(phone_number(1)));
  CHECK(status["status"] == "failed");
  CHECK(status["reason"] == "sender_rejected");
  CHECK(with.senders.texts() == 0);
  CHECK(worker.says("a sender refuses the account"));
}
