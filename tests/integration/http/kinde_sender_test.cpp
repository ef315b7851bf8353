#include "tests/catch.hpp"
#include "tests/integration/http/sender_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using domain::answer_class;
using world = sender_world;

namespace {

void give_token(world& w, const char* token = "tok1", int life_s = 3600) {
  w.client.answers(200, std::string(R"({"access_token":")") + token + R"(","token_type":"bearer","expires_in":)" +
                            std::to_string(life_s) + "}");
}

}  // namespace

TEST_CASE("the Kinde sender is asked with a token, which is kept", "[kinde]") {
  world w;
  auto sender = w.kinde();
  give_token(w);
  w.client.answers(202, R"({"message_id":"msg_1"})");
  w.client.answers(202, R"({"message_id":"msg_2"})");
  const auto reply = w.send(sender);
  CHECK(reply.attempt.outcome == answer_class::accepted);
  CHECK(reply.attempt.sender == domain::sender_kind::kinde);
  CHECK(reply.message_id == "msg_1");
  CHECK(reply.segments == 1);
  CHECK(w.send(sender).message_id == "msg_2");
  REQUIRE(w.client.asked.size() == 3);
  const auto& token = w.client.asked[0];
  CHECK(token.to == ports::origin{true, "sub.kinde.com", 443, ""});
  CHECK(token.method == "POST");
  CHECK(token.target == "/oauth2/token");
  CHECK(token.body ==
        "grant_type=client_credentials&client_id=client+1&client_secret=s%26cret"
        "&audience=https%3A%2F%2Ftexts.example.com%2Fapi");
  const auto& text = w.client.asked[1];
  CHECK(text.to == ports::origin{true, "texts.example.com", 8443, ""});
  CHECK(text.target == "/base/v1/messages");
  CHECK(text.header("Authorization") == "Bearer tok1");
  CHECK(text.header("Idempotency-Key") == "abababababababababababababababab");
  CHECK(text.header("Content-Type") == "application/json");
  CHECK(text.body == R"({"to":"+61491570006","body":"Your verification code is 123456","environment_id":"env_live",)"
                     R"("expires_at":"2026-11-23T12:10:00.500Z"})");
  CHECK(sender.answers_repeats());
}

TEST_CASE("a token is renewed before its end, and the old one serves while that fails", "[kinde]") {
  world w;
  auto sender = w.kinde();
  give_token(w, "tok1", 1000);
  w.client.answers(202, "{}");
  w.send(sender);
  w.clock.since_start += 935s;
  w.client.answers(202, "{}");
  w.send(sender);
  CHECK(w.client.asked.size() == 3);  // not yet

  w.clock.since_start += 10s;
  w.client.answers(503, "");
  w.client.answers(202, "{}");
  CHECK(w.send(sender).attempt.outcome == answer_class::accepted);
  CHECK(w.client.asked.back().header("Authorization") == "Bearer tok1");
  w.client.answers(202, "{}");
  CHECK(w.send(sender).attempt.outcome == answer_class::accepted);
  CHECK(w.client.asked.size() == 6);  // and not asked for again at once

  w.clock.since_start += 20s;
  give_token(w, "tok2");
  w.client.answers(202, "{}");
  w.send(sender);
  CHECK(w.client.asked.back().header("Authorization") == "Bearer tok2");
}

TEST_CASE("a 401 drops the token and is tried once more with a new one", "[kinde]") {
  world w;
  auto sender = w.kinde();
  give_token(w, "revoked");
  w.client.answers(401, R"({"errors":[{"code":"TOKEN_INVALID","message":"x"}]})");
  give_token(w, "tok2");
  SECTION("which is taken") {
    w.client.answers(202, R"({"message_id":"m"})");
    CHECK(w.send(sender).attempt.outcome == answer_class::accepted);
    CHECK(w.client.asked.back().header("Authorization") == "Bearer tok2");
  }
  SECTION("which is refused too") {
    w.client.answers(401, "");
    CHECK(w.send(sender).attempt.outcome == answer_class::account);
  }
  CHECK(w.client.asked.size() == 4);
}

TEST_CASE("without a token no text was taken", "[kinde]") {
  world w;
  auto sender = w.kinde();
  SECTION("the token's server is down") {
    w.client.fails(ports::https_failure::kind::unanswered);
    CHECK(w.send(sender).attempt.outcome == answer_class::interrupted);
  }
  SECTION("it answers 503") {
    w.client.answers(503, "");
    CHECK(w.send(sender).attempt.outcome == answer_class::interrupted);
  }
  SECTION("it answers nonsense") {
    w.client.answers(200, "<html>");
    CHECK(w.send(sender).attempt.outcome == answer_class::interrupted);
  }
  SECTION("the client is refused") {
    w.client.answers(401, R"({"error":"invalid_client"})");
    CHECK(w.send(sender).attempt.outcome == answer_class::account);
  }
  SECTION("too many requests") {
    w.client.answers(429, "", "12");
    const auto reply = w.send(sender);
    CHECK(reply.attempt.outcome == answer_class::busy);
    CHECK(reply.retry_after == 12s);
  }
  CHECK(w.client.asked.size() == 1);
}

TEST_CASE("many orders at once fetch one token", "[kinde]") {
  world w;
  auto sender = w.kinde();
  give_token(w);
  for (int i = 0; i < 20; ++i) w.client.answers(202, "{}");
  w.client.during = [&]() -> awaitable<void> { co_await boost::asio::post(boost::asio::use_awaitable); };
  int done = 0;
  const auto send = [&]() -> awaitable<void> {
    const auto reply = co_await sender.send(w.order, w.deadline());
    CHECK(reply.attempt.outcome == answer_class::accepted);
    ++done;
  };
  for (int i = 0; i < 20; ++i) spawn(w.context.get_executor(), "test", send());
  w.context.run_for(5s);
  CHECK(done == 20);
  CHECK(w.client.asked.size() == 21);
}

TEST_CASE("the Kinde sender's answers become classes", "[kinde]") {
  world w;
  auto sender = w.kinde();
  give_token(w);
  const auto answer = [&](unsigned status, std::string body) {
    w.client.answers(status, std::move(body), "5");
    return w.send(sender);
  };
  const std::string errors = R"({"errors":[{"code":"X","message":"y"}]})";
  CHECK(answer(422, errors).attempt.outcome == answer_class::recipient);
  CHECK(answer(400, errors).attempt.outcome == answer_class::account);
  CHECK(answer(403, errors).attempt.outcome == answer_class::account);
  CHECK(answer(429, errors).attempt.outcome == answer_class::busy);
  CHECK(answer(429, errors).retry_after == 5s);
  CHECK(answer(500, errors).attempt.outcome == answer_class::unknown);
  CHECK(answer(202, "cut").attempt.outcome == answer_class::accepted);
  w.client.fails(ports::https_failure::kind::unanswered);
  CHECK(w.send(sender).attempt.outcome == answer_class::unknown);
  w.client.fails(ports::https_failure::kind::not_sent);
  CHECK(w.send(sender).attempt.outcome == answer_class::interrupted);
}
