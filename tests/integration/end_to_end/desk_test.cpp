// The internal port beside checks: how a challenge stands, cancelling, unlocking, guesses made again.
#include <algorithm>

#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;
using sendcode::redis_tests::raw_client;

namespace {

// The only key of this kind.
std::string key_of(raw_client& redis, const std::string& kind) {
  for (const auto& key : redis.keys()) {
    if (key.find("}:" + kind + ":") != key.npos) return key;
  }
  FAIL("Redis holds no " << kind);
  return {};
}

}  // namespace

TEST_CASE("a challenge is looked at from its send to its approval") {
  world with({.live = {.limits = "[{per: phone, max: 1, window: 30s}]"}});
  auto& worker = with.start_worker();
  const auto event = with.make_event(australian);
  CHECK(with.ask_after(worker, "GET", event)["http"] == 404);
  const auto sent = with.send_and_wait(event);
  const auto code = with.codes_on(australian).at(0);
  auto view = with.ask_after(worker, "GET", event);
  CHECK(view["http"] == 200);
  CHECK(view["state"] == "pending");
  CHECK(view["attempts_left"] == 5);
  CHECK(view["expires_at"] == sent["expires_at"]);
  CHECK(view["next_send_at"] < view["expires_at"]);
  CHECK_FALSE(view.contains("reason"));

  auto of_another = event;
  of_another.data["application_id"] = "app_admin";
  CHECK(with.ask_after(worker, "GET", of_another)["http"] == 404);

  const auto resend = with.make_event(australian, {{"challenge_id", event.challenge()}});
  CHECK(with.send_and_wait(resend)["reason"] == "rate_limited.phone");
  with.check(worker, event, wrong_for(code));
  view = with.ask_after(worker, "GET", event);
  CHECK(view["reason"] == "rate_limited.phone");
  CHECK(view["attempts_left"] == 4);
  CHECK(with.check(worker, event, code)["status"] == "approved");
  CHECK(with.ask_after(worker, "GET", event)["state"] == "approved");
}

TEST_CASE("a cancelled challenge is checked and sent no more") {
  world with;
  auto& worker = with.start_worker();
  const auto event = with.make_event(australian);
  // 503 until it has its settings.
  CHECK(eventually([&] { return with.ask_after(worker, "DELETE", event)["http"] == 404; }));
  CHECK(with.send_and_wait(event)["status"] == "sent");
  CHECK(with.ask_after(worker, "DELETE", event)["http"] == 204);
  CHECK(with.ask_after(worker, "DELETE", event)["http"] == 204);
  CHECK(with.check(worker, event, with.codes_on(australian).at(0))["status"] == "not_found");
  CHECK(with.ask_after(worker, "GET", event)["state"] == "cancelled");
  const auto again = with.make_event(australian, {{"challenge_id", event.challenge()}});
  CHECK(with.send_and_wait(again)["reason"] == "challenge_cancelled");
  CHECK(with.senders.texts() == 1);
}

TEST_CASE("a phone that is locked out is texted again once it is unlocked") {
  world with;
  auto& worker = with.start_worker();
  CHECK(with.send_and_wait(with.make_event(australian))["status"] == "sent");
  raw_client redis(with.redis.port());
  const auto key = key_of(redis, "p");
  auto failures = redis.dump(key);
  failures[1] = 80;  // a stranger's, in a row, the last of them now (docs/redis.md)
  const auto now = redis.now_ms();
  for (std::size_t i = 0; i < 8; ++i) failures[3 + i] = static_cast<char>(now >> (8 * i) & 255);
  redis.command({"SET", key, failures, "KEEPTTL"});

  CHECK(with.send_and_wait(with.make_event(australian))["reason"] == "locked_out");
  const json body{{"environment_id", "env_live"}, {"phone_number", "0491 570 006"}};
  CHECK(with.ask(worker, "POST", "/v1/phones/unlock", body)["http"] == 204);
  CHECK(with.send_and_wait(with.make_event(australian))["status"] == "sent");
}

TEST_CASE("the same guess under the same key counts once, on whichever worker") {
  world with;
  auto& worker = with.start_worker();
  auto& other = with.start_worker();
  const auto event = with.make_event(australian);
  CHECK(with.send_and_wait(event)["status"] == "sent");
  const auto code = with.codes_on(australian).at(0);
  const auto under = [](const std::string& key) { return world::headers{{"Idempotency-Key", key}}; };
  for (const auto* by : {&worker, &other, &worker}) {
    const auto answer = with.check(*by, event, wrong_for(code), under("first"));
    CHECK(answer["status"] == "incorrect");
    CHECK(answer["attempts_left"] == 4);
  }
  CHECK(with.check(other, event, code, under("first"))["http"] == 422);
  CHECK(with.ask_after(worker, "GET", event)["attempts_left"] == 4);
  const auto approved = with.check(worker, event, code, under("second"));
  CHECK(approved["status"] == "approved");
  CHECK(with.check(other, event, code, under("second")) == approved);
  CHECK(with.check(other, event, code, under("third"))["status"] == "not_found");
  CHECK(with.check(other, event, code, under("spaces are none"))["http"] == 400);
}

TEST_CASE("a code that was used is not found, though Redis gives back what it held before") {
  world with;
  auto& worker = with.start_worker();
  const auto event = with.make_event(australian);
  CHECK(with.send_and_wait(event)["status"] == "sent");
  const auto code = with.codes_on(australian).at(0);
  raw_client redis(with.redis.port());
  const auto key = key_of(redis, "c");
  const auto before = redis.dump(key);
  CHECK(with.check(worker, event, code)["status"] == "approved");
  redis.command({"FLUSHALL"});
  redis.command({"SET", key, before, "PX", "600000"});
  CHECK(with.check(worker, event, code)["status"] == "not_found");
  CHECK(worker.says("Redis has forgotten that a code was used"));
}

TEST_CASE("a guess whose code's key has left the ring is a 503 and counts once the key is back") {
  world with;
  auto& worker = with.start_worker();
  const auto event = with.make_event(australian);
  CHECK(with.send_and_wait(event)["status"] == "sent");
  const auto code = with.codes_on(australian).at(0);
  const auto ring = read_file(with.secret_path("keys/codes"));
  auto another = json::parse(read_file(with.secret_path("keys/refs")));
  another[0]["id"] = "key-2";
  with.write_secret("keys/codes", another.dump());
  REQUIRE(worker.says("the key ring was read again"));
  REQUIRE(eventually([&] { return with.check(worker, event, wrong_for(code))["http"] == 503; }));
  const auto left = with.ask_after(worker, "GET", event)["attempts_left"].get<int>();
  CHECK(left >= 3);  // a guess or two may have come before the ring
  for (int i = 0; i < 6; ++i) CHECK(with.check(worker, event, wrong_for(code))["http"] == 503);
  CHECK(with.ask_after(worker, "GET", event)["attempts_left"] == left);
  with.write_secret("keys/codes", ring);
  CHECK(eventually([&] { return with.check(worker, event, code)["status"] == "approved"; }));
}

TEST_CASE("a Redis password that changes is read again, and the worker goes on") {
  world with({.redis_password = "the-first-one"});
  auto& worker = with.start_worker();
  CHECK(with.send_and_wait(with.make_event(phone_number(1)))["status"] == "sent");
  raw_client redis(with.redis.port());
  redis.command({"AUTH", "the-first-one"});
  redis.command({"CONFIG", "SET", "requirepass", "the-second-one"});
  redis.command({"CLIENT", "KILL", "TYPE", "normal"});
  REQUIRE(worker.says("WRONGPASS"));
  with.write_secret("redis_password", "the-second-one");
  REQUIRE(worker.says("Redis is back"));
  const auto event = with.make_event(phone_number(2));
  CHECK(with.send_and_wait(event)["status"] == "sent");
  const auto code = with.codes_on(phone_number(2)).at(0);
  CHECK(eventually([&] { return with.check(worker, event, code)["status"] == "approved"; }));  // its own connection
  for (const char* secret : {"the-first-one", "the-second-one"}) CHECK(worker.log().find(secret) == std::string::npos);
  redis.command({"CONFIG", "SET", "requirepass", "the-first-one"});  // for what every case ends with
}
