// From an event on Kafka to a text, its status, and the right guess.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

TEST_CASE("a code is texted by Twilio, told as sent, and approved once") {
  world with;
  auto& worker = with.start_worker();
  const auto event = with.make_event("+61491570006", {{"user_id", "user-1"}});
  const auto status = with.send_and_wait(event);

  const auto texts = with.senders.messages("+61491570006");
  REQUIRE(texts.size() == 1);
  const auto& text = texts[0];
  const auto code = code_in(text["body"].get<std::string>());
  CHECK(text["body"] == "Your verification code is " + code);
  CHECK(text["sender"] == "twilio");
  CHECK(text["messaging_service_sid"].is_string());
  CHECK(text["validity_period"].get<int>() > 590);
  CHECK(status["kind"] == "outcome");
  CHECK(status["status"] == "sent");
  CHECK(status["sender"] == "twilio");
  CHECK(status["message_id"] == text["sid"]);
  CHECK(status["phone_number"] == "+61*******06");
  CHECK(status["country"] == "AU");
  CHECK_FALSE(status.value("failed_over", false));
  CHECK_FALSE(status.value("possible_duplicate", false));

  const auto wrong = code == "000000" ? "000001" : "000000";
  const auto first = with.check(worker, event, wrong);
  CHECK(first["http"] == 200);
  CHECK(first["status"] == "incorrect");
  CHECK(first["attempts_left"] == 4);
  auto stranger = event;
  stranger.data["phone_number"] = "+61491570156";
  CHECK(with.check(worker, stranger, code)["status"] == "not_found");
  CHECK(with.check(worker, event, code)["status"] == "approved");
  CHECK(with.check(worker, event, code)["status"] == "not_found");

  const auto checks = [&] {
    return with.statuses->where([](const logged_record& each) { return each.data["kind"] == "check"; });
  };
  REQUIRE(eventually([&] { return checks().size() == 2; }));
  CHECK(checks()[0].data["status"] == "incorrect");
  CHECK(checks()[1].data["status"] == "approved");
  const auto request = status["request_id"].get<std::string>();
  CHECK(checks()[0].header("ce_id") == request + "/check/1");
  CHECK(checks()[1].header("ce_id") == request + "/check/2");
}

TEST_CASE("a number of the environment's own and an API key send too") {
  world with({.live = {.api_key = true, .source = "phone_number"}});
  with.start_worker();
  const auto event = with.make_event("0491 570 006");
  const auto status = with.send_and_wait(event);
  CHECK(status["status"] == "sent");
  const auto texts = with.senders.messages("+61491570006");
  REQUIRE(texts.size() == 1);
  CHECK(texts[0]["from"] == "+15005550006");
  CHECK(texts[0]["messaging_service_sid"].is_null());
}

TEST_CASE("a resend bears the same code") {
  world with;
  auto& worker = with.start_worker();
  const auto first = with.make_event("+61491570006");
  CHECK(with.send_and_wait(first)["status"] == "sent");
  const auto again = with.make_event("+61491570006", {{"challenge_id", first.challenge()}});
  const auto status = with.send_and_wait(again);
  CHECK(status["status"] == "sent");
  CHECK(status["expires_at"] == with.outcome(first)["expires_at"]);
  const auto codes = with.codes_on("+61491570006");
  REQUIRE(codes.size() == 2);
  CHECK(codes[0] == codes[1]);
  CHECK(with.check(worker, again, codes[0])["status"] == "approved");

  // Used: a further send of the challenge is refused.
  const auto used = with.make_event("+61491570006", {{"challenge_id", first.challenge()}});
  const auto refused = with.send_and_wait(used);
  CHECK(refused["status"] == "rejected");
  CHECK(refused["reason"] == "challenge_used");
}

TEST_CASE("a second factor is texted, and structured CloudEvents are read") {
  world with;
  with.start_worker();
  auto event = with.make_event("+61491570006", {{"purpose", "mfa"}, {"user_id", "user-1"}, {"locale", "de"}});
  event.data.erase("connection_id");
  const json whole{{"specversion", "1.0"},
                   {"id", event.id},
                   {"source", event.source},
                   {"type", "io.sendcode.send-code.v1"},
                   {"data", event.data},
                   {"datacontenttype", "application/json"},
                   {"time", "2100-01-01T00:00:00Z"}};
  with.produce({{.key = event.phone(),
                 .value = whole.dump(),
                 .headers = {{"content-type", "application/cloudevents+json; charset=UTF-8"}}}});
  const auto status = with.outcome(event);
  CHECK(status["status"] == "sent");
  CHECK(status["purpose"] == "mfa");
  CHECK(with.codes_on("+61491570006").size() == 1);
}

TEST_CASE("a test number is never texted, and its own code is right") {
  world with(
      {.live = {.more = "test_numbers: [{phone_number: \"+12025550123\", code: {secret: env_live/test_code}}]"}});
  with.write_secret("env_live/test_code", "424242");
  auto& worker = with.start_worker();
  const auto event = with.make_event("+12025550123");
  const auto status = with.send_and_wait(event);
  CHECK(status["status"] == "sent");
  CHECK(status["sender"] == "test");
  CHECK(with.senders.texts() == 0);
  CHECK(with.check(worker, event, "424243")["status"] == "incorrect");
  const auto answer = with.check(worker, event, "424242");
  CHECK(answer["status"] == "approved");
  CHECK(answer["test"] == true);
}
