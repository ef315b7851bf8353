// Message Feedback as Twilio is told it.
#include "common/bytes.hpp"
#include "tests/catch.hpp"
#include "tests/integration/http/sender_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using world = sender_world;
using kind = ports::feedback_reply::kind;

namespace {

ports::feedback_reply tell(world& w, const std::string& sid = message_sid) {
  auto sender = w.twilio();
  return run(w.context, sender.confirm(w.environment, sid, w.deadline()));
}

}  // namespace

TEST_CASE("a text is confirmed at its own address, in its region, by the credentials that send", "[twilio]") {
  world w;
  w.account().region = domain::twilio_region::ie1;
  w.account().api_key_sid = "SK1";
  w.account().api_key_secret = {"env_live/key", make_secret("keysecret")};
  w.client.answers(201, R"({"outcome":"confirmed"})");
  const auto reply = tell(w);
  CHECK(reply.is == kind::taken);
  CHECK(reply.http_status == 201);
  REQUIRE(w.client.asked.size() == 1);
  const auto& asked = w.client.asked.front();
  CHECK(asked.method == "POST");
  CHECK(asked.to == ports::origin{true, "api.dublin.ie1.twilio.com", 443, "/ca.pem"});
  CHECK(asked.target == "/2010-04-01/Accounts/" + account_sid + "/Messages/" + message_sid + "/Feedback.json");
  CHECK(asked.header("Authorization") == "Basic " + to_base64("SK1:keysecret"));
  CHECK(asked.header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(asked.body == "Outcome=confirmed");
  CHECK(asked.deadline == w.deadline());
}

TEST_CASE("feedback is refused for good, or fails and may be told again, by the answer's status", "[twilio]") {
  for (const unsigned status : {400U, 401U, 403U, 404U, 422U}) {
    world w;
    w.client.answers(status, R"({"code":20404})");
    CHECK(tell(w).is == kind::refused);
  }
  for (const unsigned status : {408U, 409U, 429U, 500U, 503U, 599U}) {
    world w;
    w.client.answers(status, "");
    const auto reply = tell(w);
    CHECK(reply.is == kind::failed);
    CHECK(reply.http_status == status);
  }
  for (const auto stage : {ports::https_failure::kind::not_sent, ports::https_failure::kind::unanswered}) {
    world w;
    w.client.fails(stage);
    CHECK(tell(w).is == kind::failed);
  }
}

TEST_CASE("without an account, its secret or a SID nobody is told anything", "[twilio]") {
  world w;
  CHECK(tell(w, "SM/../../x").is == kind::refused);
  w.account().auth_tokens.front().value = nullptr;
  CHECK(tell(w).is == kind::failed);
  w.environment.sms.twilio.reset();
  CHECK(tell(w).is == kind::refused);
  CHECK(w.client.asked.empty());
}

TEST_CASE("feedback is announced with the text where the environment asks for it", "[twilio]") {
  world w;
  auto sender = w.twilio();
  w.send(sender);
  CHECK(w.client.asked.back().body.find("ProvideFeedback") == std::string::npos);
  w.environment.sms.provide_feedback = true;
  w.send(sender);
  CHECK(w.client.asked.back().body.ends_with("&ProvideFeedback=true"));
}
