// What a sign-in page sees: known devices, answers that tell nothing of numbers, guesses and their statuses.
#include <chrono>
#include <regex>
#include <set>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;
using sendcode::redis_tests::raw_client;

namespace {

// How often Redis has run a script.
int scripts_run(raw_client& redis) {
  const auto told = redis.command({"INFO", "commandstats"}).text;
  int out = 0;
  static const std::regex calls("cmdstat_(?:evalsha|eval):calls=([0-9]+)");
  for (auto at = std::sregex_iterator(told.begin(), told.end(), calls); at != std::sregex_iterator(); ++at) {
    out += std::stoi((*at)[1]);
  }
  return out;
}

event changed(event of, const std::string& name, const json& value) {
  of.data[name] = value;
  return of;
}

}  // namespace

TEST_CASE("a device that was approved is known from then on, and strangers' limits do not stop it") {
  world with({.live = {.limits = "[{per: phone, max: 1, window: 10m}]"}});
  auto& worker = with.start_worker();
  const auto first = with.make_event(australian);
  CHECK(with.send_and_wait(first)["status"] == "sent");
  const auto approved = with.check(worker, first, with.codes_on(australian).at(0));
  CHECK(approved["status"] == "approved");
  const auto token = approved["device_token"].get<std::string>();
  // Fit for a cookie as it is, and for the field of the next event.
  CHECK(std::regex_match(token, std::regex("[A-Za-z0-9._~-]{1,512}")));
  CHECK(token.find("491570006") == std::string::npos);

  // A stranger who knows the number: its limit is used up, and no forged or borrowed token helps.
  auto forged = token;
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
  for (const json& shown : {json(nullptr), json(forged), json("x")}) {
    CHECK(with.send_and_wait(with.make_event(australian, {{"device_token", shown}}))["reason"] == "rate_limited.phone");
  }
  const auto elsewhere = phone_number(7);
  CHECK(with.send_and_wait(with.make_event(elsewhere))["status"] == "sent");
  CHECK(with.send_and_wait(with.make_event(elsewhere, {{"device_token", token}}))["reason"] == "rate_limited.phone");

  // The owner's browser puts the cookie's token into its next event.
  const auto second = with.make_event(australian, {{"device_token", token}});
  CHECK(with.send_and_wait(second)["status"] == "sent");
  const auto codes = with.codes_on(australian);
  REQUIRE(codes.size() == 2);
  const auto again = with.check(worker, second, codes[1]);
  CHECK(again["status"] == "approved");
  // Known devices have a limit of their own, for all tokens of the phone.
  for (const auto& shown : {token, again["device_token"].get<std::string>()}) {
    CHECK(with.send_and_wait(with.make_event(australian, {{"device_token", shown}}))["reason"] == "rate_limited.phone");
  }
}

TEST_CASE("not_found is one answer, to the byte, for whatever is not this person's live challenge") {
  world with;
  auto& worker = with.start_worker();
  const auto live = with.make_event(australian, {{"user_id", "user-1"}});
  const auto used = with.make_event(phone_number(1));
  const auto cancelled = with.make_event(phone_number(2));
  for (const auto& each : {live, used, cancelled}) CHECK(with.send_and_wait(each)["status"] == "sent");
  const auto code = with.codes_on(australian).at(0);
  CHECK(with.check(worker, used, with.codes_on(used.phone()).at(0))["status"] == "approved");
  CHECK(with.ask_after(worker, "DELETE", cancelled)["http"] == 204);

  const auto expected = with.check_raw(worker, with.make_event(phone_number(3)), code);  // never texted
  CHECK(expected.status == 200);
  CHECK(json::parse(expected.body) == json{{"status", "not_found"}});
  raw_client redis(with.redis.port());
  const std::vector<std::pair<std::string, event>> cases{
      {"another challenge", changed(live, "challenge_id", random_id())},
      {"another australian, texted itself", changed(live, "phone_number", phone_number(1))},
      {"another australian, never texted", changed(live, "phone_number", phone_number(4))},
      {"another application", changed(live, "application_id", "app_admin")},
      {"another purpose", changed(live, "purpose", "mfa")},
      {"another user", changed(live, "user_id", "user-2")},
      {"a code that was used", used},
      {"a cancelled challenge", cancelled}};
  for (const auto& [what, asked] : cases) {
    CAPTURE(what);
    const auto before = scripts_run(redis);
    const auto guessed = asked.phone() == used.phone() && asked.challenge() == used.challenge()
                             ? with.codes_on(used.phone()).at(0)
                             : code;  // right, but for who asks
    const auto answer = with.check_raw(worker, asked, guessed);
    CHECK(answer.head == expected.head);
    CHECK(answer.body == expected.body);
    CHECK(scripts_run(redis) == before + 1);  // one look, whatever is found
  }
  // Where Redis need not be asked, the answer is the same: neither tells anything of a number but its form.
  for (const auto& asked : {changed(live, "phone_number", "hello"), changed(live, "environment_id", "env_nobody")}) {
    const auto answer = with.check_raw(worker, asked, code);
    CHECK(answer.head == expected.head);
    CHECK(answer.body == expected.body);
  }
  // None of it counted, and the live challenge is as it was.
  CHECK(with.ask_after(worker, "GET", live)["attempts_left"] == 5);
  CHECK(with.check(worker, live, code)["status"] == "approved");

  // GET and DELETE name no phone: what is another's is not there either.
  for (const char* method : {"GET", "DELETE"}) {
    const auto target_of = [&](const event& of, const std::string& application) {
      return "/v1/challenges/" + of.challenge() + "?environment_id=env_live&application_id=" + application +
             "&purpose=sign_in";
    };
    const auto missing = with.call(worker, method, target_of(with.make_event(australian), "app_web"));
    CHECK(missing.status == 404);
    for (const auto& of : {live, used, cancelled}) {
      const auto answer = with.call(worker, method, target_of(of, "app_admin"));
      CHECK(answer.head == missing.head);
      CHECK(answer.body == missing.body);
    }
  }
}

TEST_CASE("five guesses are all that a challenge has, resends included, and each that counted is a status") {
  world with;
  auto& worker = with.start_worker();
  const auto event = with.make_event(australian);
  const auto outcome = with.send_and_wait(event);
  const auto code = with.codes_on(australian).at(0);
  for (int left = 4; left >= 0; --left) {
    if (left == 1) {
      const auto resend = with.make_event(australian, {{"challenge_id", event.challenge()}});
      CHECK(with.send_and_wait(resend)["status"] == "sent");  // no fresh guesses by it
    }
    const auto answer = with.check(worker, event, wrong_for(code));
    CHECK(answer["status"] == "incorrect");
    CHECK(answer["attempts_left"] == left);
  }
  for (const auto& guess : {code, wrong_for(code)}) CHECK(with.check(worker, event, guess)["status"] == "locked_out");
  CHECK(with.ask_after(worker, "GET", event)["state"] == "locked_out");
  const auto refused = with.make_event(australian, {{"challenge_id", event.challenge()}});
  CHECK(with.send_and_wait(refused)["reason"] == "locked_out");

  // What was not counted (locked_out) is told nobody.
  const auto next = with.make_event(australian);
  CHECK(with.send_and_wait(next)["status"] == "sent");
  CHECK(with.check(worker, next, with.codes_on(australian).back())["status"] == "approved");
  const auto checks = [&] {
    return with.statuses->where([](const logged_record& each) { return each.data["kind"] == "check"; });
  };
  REQUIRE(eventually([&] { return checks().size() >= 6; }));
  const auto told = checks();
  REQUIRE(told.size() == 6);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(told[i].data["status"] == "incorrect");
    CHECK(told[i].header("ce_id") == outcome["request_id"].get<std::string>() + "/check/" + std::to_string(i + 1));
    CHECK(told[i].key == event.challenge());
  }
  CHECK(told[5].data["status"] == "approved");
  CHECK(told[5].key == next.challenge());
}

TEST_CASE("a resend must wait for 30 s by default, and is told how long") {
  world with({.live = {.limits = "[]"}});
  auto& worker = with.start_worker();
  const auto event = with.make_event(australian);
  const auto began = std::chrono::steady_clock::now();
  CHECK(with.send_and_wait(event)["status"] == "sent");
  const auto refused = with.send_and_wait(with.make_event(australian, {{"challenge_id", event.challenge()}}));
  const auto took = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
  CHECK(refused["status"] == "rejected");
  CHECK(refused["reason"] == "rate_limited.phone");
  CHECK(refused["retry_after_s"].get<int>() <= 30);
  CHECK(refused["retry_after_s"].get<int>() >= 30 - took.count());
  CHECK(with.ask_after(worker, "GET", event)["reason"] == "rate_limited.phone");
  CHECK(with.senders.texts() == 1);
}
