// Every status that the encoder can write, one of each kind, status, reason and sender, and every dead letter. With
// SENDCODE_MESSAGES=FILE they are written there as JSON lines, and `tests/contract/validate --messages FILE` holds them
// against the schemas; here it is checked that they are what was asked for.
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "worker/codec/status_encoder.hpp"
#include "worker/domain/phone_number.hpp"

using namespace sendcode;
using domain::answer_class;
using domain::limit_kind;
using domain::reason;
using domain::sender_kind;
using domain::status;
using nlohmann::json;

namespace {

const timestamp asked_at = from_rfc3339("2026-11-23T21:50:00.000Z").value();
const timestamp later = asked_at + milliseconds{1'042};

domain::send_code_event an_event() {
  domain::send_code_event event;
  event.source = "/sign-in";
  event.id = "an event";
  event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  event.environment_id = "env_live";
  event.application_id = "app_web";
  event.challenge_id = "k3Jw9sQ2vT7yB4nH1cXzLg";
  event.phone_number = "+61491570006";
  event.request_id = domain::make_request_id(event.environment_id, event.source, event.id);
  return event;
}

json as_message(std::string_view topic, const std::string& key,
                const std::vector<std::pair<std::string, std::string>>& headers) {
  json out{{"topic", topic}, {"key", key}, {"headers", json::array()}};
  for (const auto& [name, value] : headers) out["headers"].push_back({name, value});
  return out;
}

// For the validator, if it is asked for.
void write_out(const json& message) {
  static const char* const file = std::getenv("SENDCODE_MESSAGES");
  if (file == nullptr) return;
  static std::ofstream out(file, std::ios::trunc);
  out << message.dump() << '\n' << std::flush;
  REQUIRE(out.good());
}

domain::outcome ended(status how, reason why) {
  domain::outcome out;
  out.status = how;
  out.reason = why;
  return out;
}

json publish(const domain::outcome& outcome, std::string_view phone = "+61491570006") {
  const auto event = an_event();
  const auto number = domain::parse_phone_number(phone, "AU");
  REQUIRE(number);
  const auto record = codec::encode_outcome({.event = &event,
                                             .outcome = &outcome,
                                             .phone = &*number,
                                             .expires_at = asked_at + milliseconds{600'000},
                                             .now = later});
  auto message = as_message("sms.delivery-status", record.key, record.headers);
  message["value"] = json::parse(record.value);
  write_out(message);
  CHECK(record.key == event.challenge_id);
  CHECK(message["value"]["status"].get<std::string>() == domain::to_text(outcome.status));
  return message["value"];
}

}  // namespace

TEST_CASE("a sent status tells sender, attempts and masked number, whoever sent it") {
  for (const auto sender : {sender_kind::twilio, sender_kind::kinde, sender_kind::test}) {
    auto outcome = ended(status::sent, reason::none);
    outcome.sender = sender;
    if (sender != sender_kind::test) {
      outcome.message_id = sender == sender_kind::twilio ? "SM00000000000000000000000000000001" : "msg_1";
      outcome.failed_over = sender == sender_kind::kinde;
      outcome.possible_duplicate = true;
      outcome.segments = 1;
      outcome.attempts = {{sender_kind::twilio, answer_class::unknown, 0, 0, milliseconds{9'999}},
                          {sender, answer_class::accepted, 201, 0, milliseconds{83}}};
    }
    const auto value = publish(outcome);
    CHECK(value["sender"].get<std::string>() == domain::to_text(sender));
    CHECK(value["phone_number"].get<std::string>() == "+61*******06");
    CHECK_FALSE(value.contains("reason"));
    CHECK(value.contains("attempts") == (sender != sender_kind::test));
  }
}

TEST_CASE("an attempt is told with each meaning that a sender's answer can have") {
  std::set<std::string> words;
  for (int meaning = 0; meaning <= static_cast<int>(answer_class::unknown); ++meaning) {
    auto outcome = ended(status::failed, reason::sender_rejected);
    outcome.sender = sender_kind::twilio;
    outcome.attempts = {{sender_kind::twilio, static_cast<answer_class>(meaning), 400, 21'610, milliseconds{0}}};
    const auto value = publish(outcome);
    words.insert(value["attempts"][0]["outcome"].get<std::string>());
  }
  CHECK(words.size() == 9);
}

TEST_CASE("every rejection bears its reason, and nothing of a sender") {
  for (int number = static_cast<int>(reason::invalid_number); number <= static_cast<int>(reason::challenge_cancelled);
       ++number) {
    const auto why = static_cast<reason>(number);
    if (why == reason::rate_limited) continue;
    const auto value = publish(ended(status::rejected, why));
    CHECK(value["reason"].get<std::string>() == domain::to_text(why));
    CHECK(value.contains("phone_number") == (why != reason::invalid_number));
    CHECK_FALSE(value.contains("sender"));
  }
}

TEST_CASE("a rate limit says what it counts by, and when to try again") {
  for (int number = static_cast<int>(limit_kind::phone); number <= static_cast<int>(limit_kind::prefix); ++number) {
    const auto per = static_cast<limit_kind>(number);
    auto outcome = ended(status::rejected, reason::rate_limited);
    outcome.limited_by = per;
    outcome.retry_after_s = 24;
    const auto value = publish(outcome);
    CHECK(value["reason"].get<std::string>() == "rate_limited." + std::string(domain::to_text(per)));
    CHECK(value["retry_after_s"].get<int>() == 24);
  }
}

TEST_CASE("expired and failed statuses bear their reasons") {
  CHECK(publish(ended(status::expired, reason::too_old))["reason"].get<std::string>() == "too_old");
  for (const auto why : {reason::recipient_unreachable, reason::recipient_opted_out, reason::sender_rejected,
                         reason::suspected_fraud, reason::senders_unavailable, reason::unconfirmed}) {
    const auto value = publish(ended(status::failed, why));
    CHECK(value["reason"].get<std::string>() == domain::to_text(why));
  }
}

TEST_CASE("numbers of many countries are masked as the contract says") {
  for (const std::string_view phone : {"+12025550123", "+447700900123", "+4790123456", "+35312345678", "+6821234"}) {
    const auto value = publish(ended(status::rejected, reason::locked_out), phone);
    CHECK(value["phone_number"].get<std::string>().find('*') != std::string::npos);
  }
}

TEST_CASE("a check tells its number in its id") {
  const auto event = an_event();
  for (const std::string_view answer : {"approved", "incorrect"}) {
    const auto record = codec::encode_check({.request_id = event.request_id,
                                             .environment_id = event.environment_id,
                                             .application_id = event.application_id,
                                             .challenge_id = event.challenge_id,
                                             .status = answer,
                                             .number = 5,
                                             .now = later});
    auto message = as_message("sms.delivery-status", record.key, record.headers);
    message["value"] = json::parse(record.value);
    write_out(message);
    CHECK(message["value"]["status"].get<std::string>() == answer);
    CHECK(message["headers"].dump().find("/check/5\"") != std::string::npos);
  }
}

TEST_CASE("a receipt tells each of Twilio's words, and why a text did not arrive") {
  const auto event = an_event();
  const domain::receipt_ref ref{event.request_id, event.challenge_id, event.application_id, event.purpose, asked_at};
  for (const auto word : domain::receipt_statuses) {
    for (const std::uint32_t code : {0U, 21610U, 30003U, 30007U, 30008U, 30036U, 30450U, 39999U}) {
      const domain::twilio_receipt receipt{"SM00000000000000000000000000000001", word, code, event.phone_number};
      const auto number = domain::parse_phone_number(event.phone_number, "");
      const auto record = codec::encode_receipt({.environment_id = event.environment_id,
                                                 .ref = &ref,
                                                 .receipt = &receipt,
                                                 .phone = code == 0 ? nullptr : &*number,
                                                 .now = later});
      auto message = as_message("sms.delivery-status", record.key, record.headers);
      message["value"] = json::parse(record.value);
      write_out(message);
      CHECK(message["value"]["status"].get<std::string>() == word);
      CHECK(message["headers"].dump().find(receipt.message_id + "/" + std::string(word) + "\"") != std::string::npos);
    }
  }
}

TEST_CASE("a dead letter bears its error and where it came from") {
  for (int number = 0; number <= static_cast<int>(domain::dead_letter_error::poison); ++number) {
    const auto error = static_cast<domain::dead_letter_error>(number);
    const auto headers = codec::dead_letter_headers(error, "purpose is missing",
                                                    {.topic = "sms.send-code", .partition = 3, .offset = 42});
    auto message = as_message("sms.send-code.dead-letter", "+61491570006", headers);
    message["value_base64"] = "e30=";
    write_out(message);
    CHECK(message["headers"][0][1].get<std::string>() == domain::to_text(error));
  }
}
