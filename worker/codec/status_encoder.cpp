#include "worker/codec/status_encoder.hpp"

#include <fmt/format.h>

#include "common/bytes.hpp"
#include "worker/codec/json_writer.hpp"
#include "worker/domain/error_text.hpp"

namespace sendcode::codec {
namespace {

std::vector<std::pair<std::string, std::string>> status_headers(std::string id, std::string_view challenge_id,
                                                                std::string_view traceparent, timestamp now) {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(8);
  out.emplace_back("ce_specversion", "1.0");
  out.emplace_back("ce_type", "io.sendcode.delivery-status.v1");
  out.emplace_back("ce_source", "/sendcode");
  out.emplace_back("ce_id", std::move(id));
  out.emplace_back("ce_subject", challenge_id);
  out.emplace_back("ce_time", to_rfc3339(now));
  out.emplace_back("content-type", "application/json");
  if (!traceparent.empty()) out.emplace_back("ce_traceparent", traceparent);
  return out;
}

void add_words(json_writer& json, std::uint32_t code) {
  if (const auto text = domain::error_text(code); !text.empty()) json.text("error_text", text);
}

std::string encode_attempts(const std::vector<domain::attempt>& attempts) {
  std::string out = "[";
  for (const auto& attempt : attempts) {
    if (out.size() > 1) out += ',';
    json_writer json(out);
    json.text("sender", to_text(attempt.sender)).text("outcome", to_text(attempt.outcome));
    if (attempt.http_status != 0) json.number("http_status", attempt.http_status);
    if (attempt.error_code != 0) json.number("error_code", attempt.error_code);
    if (attempt.sender == domain::sender_kind::twilio) add_words(json, attempt.error_code);
    json.number("latency_ms", static_cast<std::uint64_t>(attempt.latency.count()));
    json.close();
  }
  out += ']';
  return out;
}

void add_phone(json_writer& json, const domain::phone_number* phone) {
  if (phone == nullptr) return;
  json.text("phone_number", domain::mask(*phone));
  if (!phone->country.empty()) json.text("country", phone->country);
}

}  // namespace

encoded_record encode_outcome(const outcome_status& status) {
  const auto& event = *status.event;
  const auto& outcome = *status.outcome;
  const std::string request_id = to_hex(as_text(event.request_id));
  encoded_record out;
  out.key = event.challenge_id;
  out.headers = status_headers(request_id + "/outcome", event.challenge_id, event.traceparent, status.now);
  out.value.reserve(640);
  json_writer json(out.value);
  json.text("kind", "outcome")
      .text("request_id", request_id)
      .text("environment_id", event.environment_id)
      .text("application_id", event.application_id)
      .text("challenge_id", event.challenge_id)
      .text("purpose", to_text(event.purpose))
      .text("status", to_text(outcome.status));
  if (outcome.reason != domain::reason::none) json.text("reason", domain::reason_text(outcome));
  if (outcome.sender != domain::sender_kind::none) json.text("sender", to_text(outcome.sender));
  if (!outcome.message_id.empty()) json.text("message_id", outcome.message_id);
  if (outcome.failed_over) json.boolean("failed_over", true);
  if (outcome.possible_duplicate) json.boolean("possible_duplicate", true);
  if (!outcome.attempts.empty()) json.raw("attempts", encode_attempts(outcome.attempts));
  if (outcome.reason != domain::reason::invalid_number) add_phone(json, status.phone);
  if (outcome.segments != 0) json.number("segments", outcome.segments);
  if (outcome.retry_after_s != 0) json.number("retry_after_s", outcome.retry_after_s);
  if (status.expires_at) json.text("expires_at", to_rfc3339(*status.expires_at));
  json.close();
  return out;
}

encoded_record encode_check(const check_status& status) {
  const std::string request_id = to_hex(as_text(status.request_id));
  encoded_record out;
  out.key = status.challenge_id;
  out.headers =
      status_headers(fmt::format("{}/check/{}", request_id, status.number), status.challenge_id, {}, status.now);
  json_writer json(out.value);
  json.text("kind", "check")
      .text("request_id", request_id)
      .text("environment_id", status.environment_id)
      .text("application_id", status.application_id)
      .text("challenge_id", status.challenge_id)
      .text("purpose", to_text(status.purpose))
      .text("status", status.status);
  add_phone(json, status.phone);
  json.close();
  return out;
}

encoded_record encode_receipt(const receipt_status& status) {
  const auto& ref = *status.ref;
  const auto& receipt = *status.receipt;
  encoded_record out;
  out.key = ref.challenge_id;
  out.headers =
      status_headers(fmt::format("{}/{}", receipt.message_id, receipt.status), ref.challenge_id, {}, status.now);
  json_writer json(out.value);
  json.text("kind", "receipt")
      .text("request_id", to_hex(as_text(ref.request_id)))
      .text("environment_id", status.environment_id)
      .text("application_id", ref.application_id)
      .text("challenge_id", ref.challenge_id)
      .text("purpose", to_text(ref.purpose))
      .text("status", receipt.status)
      .text("sender", to_text(domain::sender_kind::twilio))
      .text("message_id", receipt.message_id);
  const auto reason = receipt.failure_reason();
  if (reason != domain::reason::none) json.text("reason", to_text(reason));
  if (receipt.error_code != 0) json.number("error_code", receipt.error_code);
  add_words(json, receipt.error_code);
  add_phone(json, status.phone);
  json.close();
  return out;
}

std::vector<std::pair<std::string, std::string>> dead_letter_headers(domain::dead_letter_error error,
                                                                     std::string_view detail,
                                                                     const dead_letter_source& source) {
  return {{"error", std::string(to_text(error))},
          {"error-detail", std::string(detail)},
          {"source-topic", std::string(source.topic)},
          {"source-partition", std::to_string(source.partition)},
          {"source-offset", std::to_string(source.offset)}};
}

}  // namespace sendcode::codec
