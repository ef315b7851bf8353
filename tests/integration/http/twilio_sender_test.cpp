#include "common/bytes.hpp"
#include "common/form.hpp"
#include "tests/catch.hpp"
#include "tests/integration/http/sender_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using domain::answer_class;
using world = sender_world;

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

TEST_CASE("receipts are asked for where there is an address for them and the order has a ref", "[twilio]") {
  world w;
  senders::twilio_sender sender(w.client, w.clock,
                                {*parse_url("https://api.twilio.com"), "/ca.pem", "https://hooks.example.com:8443/in"});
  auto without = w.twilio();
  const auto callback = [&](ports::text_sender& by) -> std::string {
    w.send(by);
    const auto fields = parse_form(w.client.asked.back().body, 64);
    return std::string(only_field(*fields, "StatusCallback").value_or("none"));
  };
  CHECK(callback(sender) == "none");
  w.order.receipt_ref = "AQFh-_x";
  CHECK(callback(sender) == "https://hooks.example.com:8443/in/webhooks/twilio/env_live?ref=AQFh-_x#rc=3&rp=5xx,ct,rt");
  CHECK(callback(without) == "none");
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
