// What `sendcode doctor` asks the senders.
#include "common/bytes.hpp"
#include "tests/catch.hpp"
#include "tests/integration/http/sender_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using world = sender_world;

TEST_CASE("an account is asked for by its auth token, though an API key sends", "[twilio]") {
  world w;
  w.account().api_key_sid = "SK1";
  w.account().api_key_secret = {"env_live/key", make_secret("keysecret")};
  auto sender = w.twilio();
  w.client.answers(200, R"({"sid":"x","auth_token":"hunter2","status":"suspended","subresource_uris":{"a":"b"}})");
  const auto answer = run(w.context, sender.ask_account(w.account(), w.deadline()));
  REQUIRE(answer.has_value());
  CHECK(answer->http_status == 200);
  CHECK(answer->status == "suspended");
  CHECK(w.client.asked.at(0).method == "GET");
  CHECK(w.client.asked.at(0).target == "/2010-04-01/Accounts/" + account_sid + ".json");
  CHECK(w.client.asked.at(0).header("Authorization") == "Basic " + to_base64(account_sid + ":t0ken"));

  w.client.answers(200, R"({"messages":[]})");
  CHECK(run(w.context, sender.try_credentials(w.account(), w.deadline())).value() == 200);
  CHECK(w.client.asked.at(1).target == "/2010-04-01/Accounts/" + account_sid + "/Messages.json?PageSize=1");
  CHECK(w.client.asked.at(1).header("Authorization") == "Basic " + to_base64("SK1:keysecret"));
}

TEST_CASE("an account that is refused, or whose answer is broken, has no status; who does not answer is told",
          "[twilio]") {
  world w;
  auto sender = w.twilio();
  w.client.answers(401, R"({"status":401,"code":20003})");
  const auto refused = run(w.context, sender.ask_account(w.account(), w.deadline()));
  CHECK(refused.value().http_status == 401);
  CHECK(refused.value().status.empty());
  w.client.answers(200, R"({"status":)");
  CHECK(run(w.context, sender.ask_account(w.account(), w.deadline())).value().status.empty());
  w.client.fails(ports::https_failure::kind::not_sent);
  CHECK(run(w.context, sender.ask_account(w.account(), w.deadline())).error() == "test");
}

TEST_CASE("a token of the Kinde sender is tried without a text", "[kinde]") {
  world w;
  auto sender = w.kinde();
  w.client.answers(200, R"({"access_token":"abc","token_type":"bearer","expires_in":3600})");
  CHECK(run(w.context, sender.try_token(w.deadline())).has_value());
  CHECK(w.client.asked.size() == 1);
  auto other = w.kinde();
  w.client.answers(401, "{}");
  const auto refused = run(w.context, other.try_token(w.deadline()));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().outcome == domain::answer_class::account);
  CHECK(refused.error().http_status == 401);
}
