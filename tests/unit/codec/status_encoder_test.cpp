#include "worker/codec/status_encoder.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/unit/seed.hpp"
#include "worker/codec/json_writer.hpp"

using namespace sendcode;
using nlohmann::json;

namespace {

const timestamp now = from_rfc3339("2026-11-23T21:50:01.042Z").value();

domain::send_code_event an_event() {
  domain::send_code_event event;
  event.environment_id = "env_live";
  event.application_id = "app_web";
  event.challenge_id = "k3Jw9sQ2vT7yB4nH1cXzLg";
  event.phone_number = "+61491570006";
  event.user_id = "user-who-is-not-told";
  event.client_ip = "203.0.113.99";
  event.device_token = "a-device-token";
  event.request_id = domain::make_request_id("env_live", "/sign-in", "an event");
  return event;
}

}  // namespace

TEST_CASE("an outcome tells all that applies, and nothing else") {
  const auto event = an_event();
  const auto phone = *domain::parse_phone_number(event.phone_number, "AU");
  domain::outcome outcome;
  outcome.status = domain::status::sent;
  outcome.sender = domain::sender_kind::kinde;
  outcome.message_id = "SM1";
  outcome.failed_over = true;
  outcome.possible_duplicate = true;
  outcome.segments = 1;
  outcome.attempts = {{domain::sender_kind::twilio, domain::answer_class::unknown, 503, 20503, milliseconds{812}},
                      {domain::sender_kind::kinde, domain::answer_class::accepted, 202, 0, milliseconds{0}}};
  const auto record =
      codec::encode_outcome({.event = &event, .outcome = &outcome, .phone = &phone, .expires_at = now, .now = now});
  CHECK(json::parse(record.value) == json::parse(R"({
    "kind":"outcome","request_id":"7e64af90efac90b6f1fe74c5f054ba93","environment_id":"env_live","application_id":"app_web",
    "challenge_id":"k3Jw9sQ2vT7yB4nH1cXzLg","purpose":"sign_in","status":"sent","sender":"kinde","message_id":"SM1",
    "failed_over":true,"possible_duplicate":true,
    "attempts":[{"sender":"twilio","outcome":"unknown","http_status":503,"error_code":20503,
                 "error_text":"Twilio's API is not available now: it is tried again; see Twilio's status page if it goes on","latency_ms":812},
                {"sender":"kinde","outcome":"accepted","http_status":202,"latency_ms":0}],
    "phone_number":"+61*******06","country":"AU","segments":1,"expires_at":"2026-11-23T21:50:01.042Z"})"));
  CHECK(record.key == event.challenge_id);
}

TEST_CASE("Twilio's words are not put to another sender's number") {
  const auto event = an_event();
  domain::outcome outcome;
  outcome.status = domain::status::failed;
  outcome.reason = domain::reason::sender_rejected;
  outcome.attempts = {{domain::sender_kind::kinde, domain::answer_class::account, 400, 21610, milliseconds{1}}};
  const auto record = codec::encode_outcome({.event = &event, .outcome = &outcome, .expires_at = {}, .now = now});
  CHECK(json::parse(record.value)["attempts"][0] ==
        json::parse(R"({"sender":"kinde","outcome":"account","http_status":400,"error_code":21610,"latency_ms":1})"));
}

TEST_CASE("the headers are CloudEvents in binary mode, with the trace where there is one") {
  auto event = an_event();
  const domain::outcome outcome{
      .status = domain::status::expired, .reason = domain::reason::too_old, .message_id = {}, .attempts = {}};
  const auto headers = [&] {
    const auto record = codec::encode_outcome({.event = &event, .outcome = &outcome, .expires_at = {}, .now = now});
    return std::map<std::string, std::string>(record.headers.begin(), record.headers.end());
  };
  std::map<std::string, std::string> expected{{"ce_specversion", "1.0"},
                                              {"ce_type", "io.sendcode.delivery-status.v1"},
                                              {"ce_source", "/sendcode"},
                                              {"ce_id", "7e64af90efac90b6f1fe74c5f054ba93/outcome"},
                                              {"ce_subject", "k3Jw9sQ2vT7yB4nH1cXzLg"},
                                              {"ce_time", "2026-11-23T21:50:01.042Z"},
                                              {"content-type", "application/json"}};
  CHECK(headers() == expected);
  event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  expected["ce_traceparent"] = event.traceparent;
  CHECK(headers() == expected);
}

TEST_CASE("a status tells no number in clear, no user, no address and no token; an invalid number not at all") {
  const auto event = an_event();
  const auto phone = *domain::parse_phone_number(event.phone_number, "AU");
  for (const auto why : {domain::reason::invalid_number, domain::reason::rate_limited, domain::reason::locked_out}) {
    domain::outcome outcome;
    outcome.status = domain::status::rejected;
    outcome.reason = why;
    outcome.limited_by = domain::limit_kind::client_ip;
    outcome.retry_after_s = 30;
    const auto record =
        codec::encode_outcome({.event = &event, .outcome = &outcome, .phone = &phone, .expires_at = now, .now = now});
    for (const char* secret : {"491570006", "user-who", "203.0.113", "a-device"}) {
      CHECK(record.value.find(secret) == std::string::npos);
      for (const auto& [name, value] : record.headers) CHECK(value.find(secret) == std::string::npos);
    }
    const auto told = json::parse(record.value);
    CHECK(told.contains("phone_number") == (why != domain::reason::invalid_number));
    CHECK(told.contains("country") == (why != domain::reason::invalid_number));
    CHECK(told["retry_after_s"] == 30);
    if (why == domain::reason::rate_limited) CHECK(told["reason"] == "rate_limited.client_ip");
  }
}

TEST_CASE("a check bears the challenge's first request id and the number of the guess") {
  const codec::check_status status{.request_id = an_event().request_id,
                                   .environment_id = "env_live",
                                   .application_id = "app_web",
                                   .challenge_id = "k3Jw9sQ2vT7yB4nH1cXzLg",
                                   .purpose = domain::purpose::mfa,
                                   .status = "incorrect",
                                   .number = 3,
                                   .now = now};
  const auto record = codec::encode_check(status);
  CHECK(json::parse(record.value) == json::parse(R"({"kind":"check","request_id":"7e64af90efac90b6f1fe74c5f054ba93",
    "environment_id":"env_live","application_id":"app_web","challenge_id":"k3Jw9sQ2vT7yB4nH1cXzLg","purpose":"mfa","status":"incorrect"})"));
  const std::map<std::string, std::string> headers(record.headers.begin(), record.headers.end());
  CHECK(headers.at("ce_id") == "7e64af90efac90b6f1fe74c5f054ba93/check/3");
}

TEST_CASE("a receipt bears what its text belongs to, and Twilio's word") {
  domain::receipt_ref ref;
  ref.request_id = an_event().request_id;
  ref.challenge_id = "k3Jw9sQ2vT7yB4nH1cXzLg";
  ref.application_id = "app_web";
  const auto phone = *domain::parse_phone_number("+61491570006", "");
  const std::string sid = "SM00000000000000000000000000000001";
  domain::twilio_receipt receipt{sid, "undelivered", 30005, "+61491570006"};
  const auto record = codec::encode_receipt(
      {.environment_id = "env_live", .ref = &ref, .receipt = &receipt, .phone = &phone, .now = now});
  CHECK(json::parse(record.value) == json::parse(R"({"kind":"receipt","request_id":"7e64af90efac90b6f1fe74c5f054ba93",
    "environment_id":"env_live","application_id":"app_web","challenge_id":"k3Jw9sQ2vT7yB4nH1cXzLg","purpose":"sign_in",
    "status":"undelivered","sender":"twilio","message_id":"SM00000000000000000000000000000001",
    "reason":"recipient_unreachable","error_code":30005,
    "error_text":"the number is unknown or out of service: ask the person to check it","phone_number":"+61*******06","country":"AU"})"));
  CHECK(record.key == ref.challenge_id);
  const std::map<std::string, std::string> headers(record.headers.begin(), record.headers.end());
  CHECK(headers.at("ce_id") == sid + "/undelivered");
  CHECK(headers.at("ce_subject") == ref.challenge_id);

  receipt.error_code = 39'999;
  const auto unexplained =
      codec::encode_receipt({.environment_id = "env_live", .ref = &ref, .receipt = &receipt, .now = now});
  CHECK(json::parse(unexplained.value)["error_code"] == 39'999);
  for (const char* absent : {"reason", "error_text"}) CHECK_FALSE(json::parse(unexplained.value).contains(absent));

  receipt.status = "delivered";
  receipt.error_code = 0;
  const auto bare = codec::encode_receipt({.environment_id = "env_live", .ref = &ref, .receipt = &receipt, .now = now});
  for (const char* absent : {"reason", "error_code", "error_text", "phone_number", "country"})
    CHECK_FALSE(json::parse(bare.value).contains(absent));
}

TEST_CASE("a dead letter says why, and where it came from") {
  const auto headers = codec::dead_letter_headers(domain::dead_letter_error::invalid_event, "purpose is missing",
                                                  {"sms.send-code", 7, 123'456'789'012});
  const std::vector<std::pair<std::string, std::string>> expected = {{"error", "invalid_event"},
                                                                     {"error-detail", "purpose is missing"},
                                                                     {"source-topic", "sms.send-code"},
                                                                     {"source-partition", "7"},
                                                                     {"source-offset", "123456789012"}};
  CHECK(headers == expected);
}

TEST_CASE("any text comes back from a JSON string") {
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  for (int round = 0; round < 1'000; ++round) {
    std::string text;
    for (std::size_t i = random.below(20); i-- > 0;) {
      text += random.one_in(8) ? "é漢😀" : std::string(1, static_cast<char>(random.below(128)));
    }
    std::string out;
    codec::append_json_string(out, text);
    CHECK(json::parse(out).get<std::string>() == text);
  }
}

TEST_CASE("numbers are written whole") {
  std::string out;
  codec::json_writer writer(out);
  writer.number("a", 0)
      .number("b", 18'446'744'073'709'551'615ULL)
      .boolean("c", false)
      .raw("d", "[1]")
      .text("e", "\"\\");
  writer.close();
  CHECK(out == R"({"a":0,"b":18446744073709551615,"c":false,"d":[1],"e":"\"\\"})");
}
