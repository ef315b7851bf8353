// What becomes of a text when a sender refuses, fails or doesn't say.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

std::vector<std::string> senders_of(const json& status) {
  std::vector<std::string> out;
  for (const auto& attempt : status["attempts"]) out.push_back(attempt["sender"].get<std::string>());
  return out;
}

}  // namespace

TEST_CASE("the Kinde sender takes over when Twilio cannot be used") {
  json fault;
  std::size_t twilio_attempts = 3;
  SECTION("nobody answers at its address") {
    fault = {{"target", "twilio"}, {"kind", "refuse"}};
  }
  SECTION("it is busy to the end") {
    fault = {{"target", "twilio"}, {"kind", "status"}, {"http_status", 429}, {"error_code", 20429}};
  }
  SECTION("it asks for a longer wait than anybody has") {
    fault = {{"target", "twilio"}, {"kind", "status"}, {"http_status", 429}, {"retry_after", 60}};
    twilio_attempts = 1;
  }
  world with;
  auto& worker = with.start_worker();
  with.senders.fault(fault);
  const auto event = with.make_event(australian);
  const auto status = with.send_and_wait(event);
  CHECK(status["status"] == "sent");
  CHECK(status["sender"] == "kinde");
  CHECK(status["failed_over"] == true);
  CHECK_FALSE(status.value("possible_duplicate", false));
  auto expected = std::vector<std::string>(twilio_attempts, "twilio");
  expected.emplace_back("kinde");
  CHECK(senders_of(status) == expected);
  const auto texts = with.senders.messages(australian);
  REQUIRE(texts.size() == 1);
  CHECK(texts[0]["sender"] == "kinde");
  CHECK(texts[0]["idempotency_key"] == status["request_id"]);
  CHECK(with.check(worker, event, code_in(texts[0]["body"].get<std::string>()))["status"] == "approved");
}

TEST_CASE("server errors of Twilio's to the end go to the Kinde sender, marked") {
  world with;
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 500}});
  const auto status = with.send_and_wait(with.make_event(australian));
  CHECK(status["status"] == "sent");
  CHECK(status["sender"] == "kinde");
  CHECK(status["failed_over"] == true);
  CHECK(status["possible_duplicate"] == true);
  CHECK(senders_of(status) == std::vector<std::string>{"twilio", "twilio", "twilio", "kinde"});
  CHECK(with.senders.messages(australian).size() == 1);
}

TEST_CASE("a server error of Twilio's is asked about before anything is repeated") {
  world with;
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 503}, {"times", 1}});
  const auto status = with.send_and_wait(with.make_event(australian));
  CHECK(status["status"] == "sent");
  CHECK(status["sender"] == "twilio");
  CHECK(status["possible_duplicate"] == true);  // who answers with 503 may have taken it
  CHECK(with.senders.messages(australian).size() == 1);
  CHECK(with.senders.counts()["requests"]["twilio_list"].get<int>() >= 1);
}

TEST_CASE("a text that Twilio took without saying so is found by asking") {
  world with;
  with.start_worker();
  const auto* const kind = GENERATE("taken_unanswered", "status");
  json fault{{"target", "twilio"}, {"kind", kind}, {"times", 1}};
  if (std::string(kind) == "status") fault.update({{"http_status", 502}, {"taken", true}});
  with.senders.fault(fault);
  const auto status = with.send_and_wait(with.make_event(australian));
  CHECK(status["status"] == "sent");
  CHECK(status["sender"] == "twilio");
  CHECK_FALSE(status.value("possible_duplicate", false));
  const auto texts = with.senders.messages(australian);
  REQUIRE(texts.size() == 1);
  CHECK(status["message_id"] == texts[0]["sid"]);
}

TEST_CASE("a text that cannot be found goes again with the same code, marked") {
  world with;
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "taken_unanswered"}, {"times", 1}});
  with.senders.fault({{"target", "twilio_list"}, {"kind", "status"}, {"http_status", 500}});
  const auto status = with.send_and_wait(with.make_event(australian));
  CHECK(status["status"] == "sent");
  CHECK(status["possible_duplicate"] == true);
  const auto codes = with.codes_on(australian);
  REQUIRE(codes.size() == 2);
  CHECK(codes[0] == codes[1]);
}

TEST_CASE("somebody who has opted out is asked for once, and never walked around") {
  world with;
  with.start_worker();
  const auto status = with.send_and_wait(with.make_event("+15005550004"));
  CHECK(status["status"] == "failed");
  CHECK(status["reason"] == "recipient_opted_out");
  CHECK(senders_of(status) == std::vector<std::string>{"twilio"});
  CHECK(with.senders.texts() == 0);
}

TEST_CASE("without a fallback, a Twilio that is busy to the end ends as no sender available") {
  world with({.live = {.fallback = "none"}});
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 429}});
  const auto status = with.send_and_wait(with.make_event(australian));
  CHECK(status["status"] == "failed");
  CHECK(status["reason"] == "senders_unavailable");
  CHECK(with.senders.texts() == 0);
}
