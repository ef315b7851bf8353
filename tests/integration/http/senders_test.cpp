#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/bytes.hpp"
#include "tests/catch.hpp"
#include "tests/fakes/fake_https_client.hpp"
#include "tests/integration/http/run.hpp"
#include "worker/adapters/senders/kinde_sender.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using domain::answer_class;

namespace {

const std::string account_sid = "AC" + std::string(32, 'a');
const std::string service_sid = "MG" + std::string(32, 'b');
const std::string message_sid = "SM" + std::string(32, 'c');
const timestamp noon = *from_rfc3339("2026-11-23T12:00:00.500Z");

// A clock that stands still until it is moved; a sleep moves it, and lets others run.
class moved_clock final : public ports::clock {
 public:
  timestamp now() const override { return noon + std::chrono::duration_cast<milliseconds>(since_start); }
  ports::steady_time steady_now() const override { return ports::steady_time{} + 1h + since_start; }
  awaitable<void> sleep_until(ports::steady_time when) override {
    if (when > steady_now()) since_start += when - steady_now();
    co_await boost::asio::post(boost::asio::use_awaitable);
  }

  std::chrono::nanoseconds since_start{0};
};

secret_ptr make_secret(std::string text) {
  return std::make_shared<const secret>(std::move(text));
}

struct world {
  world() {
    environment.environment_id = "env_live";
    auto& account = environment.sms.twilio.emplace();
    account.account_sid = account_sid;
    account.auth_tokens = {{"env_live/token", make_secret("t0ken")}, {"env_live/old", make_secret("old")}};
    account.messaging_service_sid = service_sid;
    account.phone_number = "+61400000000";
    order.environment = &environment;
    order.request_id.fill(0xAB);
    order.to = "+61491570006";
    order.body = "Your verification code is 123456";
    order.attempt_number = 2;
    order.now = clock.now();
    order.expires_at = order.now + 600s;
  }
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  domain::twilio_settings& account() { return *environment.sms.twilio; }
  ports::steady_time deadline() const { return clock.steady_now() + 10s; }

  senders::twilio_sender twilio(const char* base_url = "https://api.twilio.com") {
    return {client, clock, {*parse_url(base_url), "/ca.pem"}};
  }
  senders::kinde_sender kinde() {
    return {client,
            clock,
            {.base_url = *parse_url("https://texts.example.com:8443/base"),
             .token_url = *parse_url("https://sub.kinde.com/oauth2/token"),
             .audience = "https://texts.example.com/api",
             .client_id = "client 1",
             .client_secret = make_secret("s&cret"),
             .ca_file = ""}};
  }
  ports::sender_reply send(ports::text_sender& sender) { return run(context, sender.send(order, deadline())); }

  boost::asio::io_context context;
  fake_https_client client;
  moved_clock clock;
  domain::environment_settings environment;
  ports::text_order order;
};

void give_token(world& w, const char* token = "tok1", int life_s = 3600) {
  w.client.answers(200, std::string(R"({"access_token":")") + token + R"(","token_type":"bearer","expires_in":)" +
                            std::to_string(life_s) + "}");
}

}  // namespace

TEST_CASE("Twilio is asked with all that it needs", "[twilio]") {
  world w;
  auto sender = w.twilio();
  w.client.answers(201, R"({"sid":")" + message_sid + R"(","num_segments":"1","body":"123456","status":"accepted"})");
  const auto reply = w.send(sender);
  CHECK(reply.attempt.outcome == answer_class::accepted);
  CHECK(reply.attempt.sender == domain::sender_kind::twilio);
  CHECK(reply.attempt.http_status == 201);
  CHECK(reply.message_id == message_sid);
  CHECK(reply.segments == 1);
  REQUIRE(w.client.asked.size() == 1);
  const auto& asked = w.client.asked.front();
  CHECK(asked.method == "POST");
  CHECK(asked.to == ports::origin{true, "api.twilio.com", 443, "/ca.pem"});
  CHECK(asked.target == "/2010-04-01/Accounts/" + account_sid + "/Messages.json");
  CHECK(asked.header("Authorization") == "Basic " + to_base64(account_sid + ":t0ken"));
  CHECK(asked.header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(asked.body == "To=%2B61491570006&MessagingServiceSid=" + service_sid +
                          "&Body=Your+verification+code+is+123456&ValidityPeriod=600&Attempt=2");
  CHECK(asked.deadline == w.deadline());
}

TEST_CASE("an API key is preferred, a number sends as From, and redaction is asked for", "[twilio]") {
  world w;
  w.account().api_key_sid = "SK1";
  w.account().api_key_secret = {"env_live/key", make_secret("keysecret")};
  w.account().source = domain::sms_source::phone_number;
  w.environment.sms.redact_body = true;
  auto sender = w.twilio();
  w.send(sender);
  const auto& asked = w.client.asked.front();
  CHECK(asked.header("Authorization") == "Basic " + to_base64("SK1:keysecret"));
  CHECK(asked.body.find("&From=%2B61400000000&") != std::string::npos);
  CHECK(asked.body.find("MessagingServiceSid") == std::string::npos);
  CHECK(asked.body.ends_with("&ContentRetention=discard"));
}

TEST_CASE("a missing secret asks nobody", "[twilio]") {
  world w;
  w.account().auth_tokens.front().value = nullptr;
  auto sender = w.twilio();
  CHECK(w.send(sender).attempt.outcome == answer_class::interrupted);
  CHECK(run(w.context, sender.find(w.order, noon, w.deadline())).error() == ports::search_failure::unreachable);
  CHECK(w.client.asked.empty());
}

TEST_CASE("each region has its host, unless the base URL is another", "[twilio]") {
  world w;
  auto sender = w.twilio();
  auto elsewhere = w.twilio("https://localhost:4010/twilio");
  for (const auto& [region, host] : {std::pair{domain::twilio_region::us1, "api.twilio.com"},
                                     std::pair{domain::twilio_region::ie1, "api.dublin.ie1.twilio.com"},
                                     std::pair{domain::twilio_region::au1, "api.sydney.au1.twilio.com"}}) {
    w.account().region = region;
    w.send(sender);
    CHECK(w.client.asked.back().to.host == host);
    w.send(elsewhere);
    CHECK(w.client.asked.back().to.host == "localhost");
    CHECK(w.client.asked.back().to.port == 4010);
    CHECK(w.client.asked.back().target == "/twilio/2010-04-01/Accounts/" + account_sid + "/Messages.json");
  }
}

TEST_CASE("the validity period is what is left of the code's life, within Twilio's bounds", "[twilio]") {
  world w;
  auto sender = w.twilio();
  for (const auto& [left, period] : {std::pair<milliseconds, const char*>{599'999ms, "=599&"},
                                     {4'000ms, "=5&"},
                                     {-1'000ms, "=5&"},
                                     {36'000'000ms + 5s, "=36000&"}}) {
    w.order.expires_at = w.order.now + left;
    w.send(sender);
    CHECK(w.client.asked.back().body.find(std::string("ValidityPeriod") + period) != std::string::npos);
  }
}

TEST_CASE("Twilio's answers become classes", "[twilio]") {
  world w;
  auto sender = w.twilio();
  SECTION("an error code") {
    w.client.answers(400, R"({"code":21610,"message":"x","status":400})");
    const auto reply = w.send(sender);
    CHECK(reply.attempt.outcome == answer_class::opted_out);
    CHECK(reply.attempt.error_code == 21610);
    CHECK(reply.attempt.http_status == 400);
    CHECK(reply.message_id.empty());
  }
  SECTION("busy, with a time to wait") {
    w.client.answers(429, R"({"code":20429})", "3");
    const auto reply = w.send(sender);
    CHECK(reply.attempt.outcome == answer_class::busy);
    CHECK(reply.retry_after == 3'000ms);
  }
  SECTION("accepted, and the body cut short") {
    w.client.answers(201, R"({"sid":")" + message_sid, "", false);
    const auto reply = w.send(sender);
    CHECK(reply.attempt.outcome == answer_class::accepted);
    CHECK(reply.message_id.empty());
  }
  SECTION("an error without a body") {
    w.client.answers(403, "");
    CHECK(w.send(sender).attempt.outcome == answer_class::account);
  }
  SECTION("a malformed error") {
    w.client.answers(400, "<html>");
    CHECK(w.send(sender).attempt.outcome == answer_class::unknown);
  }
  SECTION("an error cut short") {
    w.client.answers(400, R"({"code":21610})", "", false);
    CHECK(w.send(sender).attempt.outcome == answer_class::unknown);
  }
  SECTION("not sent") {
    w.client.fails(ports::https_failure::kind::not_sent);
    CHECK(w.send(sender).attempt.outcome == answer_class::interrupted);
  }
  SECTION("unanswered") {
    w.client.fails(ports::https_failure::kind::unanswered);
    CHECK(w.send(sender).attempt.outcome == answer_class::unknown);
  }
}

TEST_CASE("the latency is that of the exchange", "[twilio]") {
  world w;
  auto sender = w.twilio();
  w.client.during = [&]() -> awaitable<void> {
    w.clock.since_start += 250ms;
    co_return;
  };
  CHECK(w.send(sender).attempt.latency == 250ms);
}

TEST_CASE("Twilio's list finds the texts that may be ours, newest first", "[twilio]") {
  world w;
  auto sender = w.twilio();
  const auto entry = [](char id, const char* status, const char* service, const char* date) {
    return R"({"sid":"SM)" + std::string(32, id) + R"(","status":")" + status + R"(","messaging_service_sid":")" +
           service + R"(","from":"+61400000000","num_segments":"1","date_created":"Mon, 23 Nov 2026 )" + date +
           R"( +0000"})";
  };
  w.client.answers(200, R"({"messages":[)" + entry('1', "sent", service_sid.c_str(), "12:00:00") + "," +
                            entry('2', "delivered", service_sid.c_str(), "12:00:05") + "," +
                            entry('3', "sent", service_sid.c_str(), "11:59:59") + "," +
                            entry('4', "failed", service_sid.c_str(), "12:00:03") + "," +
                            entry('5', "canceled", service_sid.c_str(), "12:00:03") + "," +
                            entry('6', "sent", "MGother", "12:00:03") + "]}");
  const auto found = run(w.context, sender.find(w.order, noon, w.deadline()));
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK(found->at(0).message_id == "SM" + std::string(32, '2'));
  CHECK(found->at(1).message_id == "SM" + std::string(32, '1'));  // its second is the attempt's
  CHECK(found->at(1).segments == 1);
  CHECK(w.client.asked.front().method == "GET");
  CHECK(w.client.asked.front().target ==
        "/2010-04-01/Accounts/" + account_sid + "/Messages.json?To=%2B61491570006&PageSize=50");
  CHECK(w.client.asked.front().body.empty());

  w.account().source = domain::sms_source::phone_number;
  w.client.answers(200, R"({"messages":[)" + entry('6', "sent", "MGother", "12:00:03") + "]}");
  CHECK(run(w.context, sender.find(w.order, noon, w.deadline()))->size() == 1);
}

TEST_CASE("a list that cannot be read says nothing about the text", "[twilio]") {
  world w;
  auto sender = w.twilio();
  SECTION("an error") {
    w.client.answers(500, R"({"messages":[]})");
  }
  SECTION("cut short") {
    w.client.answers(200, R"({"messages":[]})", "", false);
  }
  SECTION("malformed") {
    w.client.answers(200, R"({"messages":[)");
  }
  SECTION("unanswered") {
    w.client.fails(ports::https_failure::kind::unanswered);
  }
  CHECK_FALSE(run(w.context, sender.find(w.order, noon, w.deadline())));
}

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
