#include <thread>

#include "tests/catch.hpp"
#include "worker/adapters/metrics/prometheus_telemetry.hpp"
#include "worker/adapters/metrics/registry.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

namespace {

bool holds(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

std::vector<std::string> names_of(int first, int count) {
  std::vector<std::string> out;
  for (int i = first; i < first + count; ++i) out.push_back("env_" + std::to_string(i));
  return out;
}

domain::outcome ended(domain::status status, domain::reason reason = domain::reason::none,
                      domain::limit_kind limited_by = domain::limit_kind::none) {
  domain::outcome out;
  out.status = status;
  out.reason = reason;
  out.limited_by = limited_by;
  return out;
}

const domain::outcome sent = ended(domain::status::sent);

}  // namespace

TEST_CASE("metrics come out in Prometheus' text format under their names", "[metrics]") {
  metrics::registry registry;
  registry.know_environments(names_of(1, 1));
  metrics::prometheus_telemetry telemetry(registry);
  const auto limited = ended(domain::status::rejected, domain::reason::rate_limited, domain::limit_kind::phone);
  telemetry.event_ended("env_1", domain::purpose::sign_in, sent, 40ms);
  telemetry.event_ended("env_1", domain::purpose::sign_in, sent, 700ms);
  telemetry.event_ended("env_1", domain::purpose::mfa, limited, 2h);
  telemetry.attempt_made(
      {.sender = domain::sender_kind::twilio, .outcome = domain::answer_class::accepted, .latency = 20ms});
  telemetry.attempt_made(
      {.sender = domain::sender_kind::twilio, .outcome = domain::answer_class::opted_out, .error_code = 21610});
  telemetry.dead_lettered(domain::dead_letter_error::invalid_json);
  telemetry.check_answered("env_1", "approved");
  telemetry.text_sent("env_1", "AU");
  telemetry.text_sent("env_1", "AU");
  telemetry.text_sent("env_1", "NZ");
  telemetry.code_approved("env_1", "AU");
  telemetry.feedback_ended("confirmed");
  telemetry.receipt_taken("env_1", "undelivered", 30005);
  telemetry.receipt_taken("env_1", "delivered", 0);
  telemetry.receipt_refused(domain::receipt_refusal::not_understood);
  telemetry.in_flight_changed(3);
  telemetry.in_flight_changed(-1);
  telemetry.held_changed(1);
  telemetry.breaker_changed(domain::sender_kind::twilio, 1);
  telemetry.breaker_changed(domain::sender_kind::twilio, 1);
  telemetry.breaker_changed(domain::sender_kind::twilio, -1);
  telemetry.dependency_up("redis", true);
  telemetry.dependency_up("kafka", true);
  telemetry.dependency_up("kafka", false);
  telemetry.clock_skew(-250ms);
  telemetry.client_address_uncounted();

  const std::string text = registry.render();
  CAPTURE(text);
  CHECK(holds(text, R"(sendcode_events_total{environment="env_1",purpose="sign_in",reason="",status="sent"} 2)"));
  CHECK(holds(
      text,
      R"(sendcode_events_total{environment="env_1",purpose="mfa",reason="rate_limited.phone",status="rejected"} 1)"));
  CHECK(holds(text, R"(sendcode_attempts_total{error_code="none",outcome="accepted",sender="twilio"} 1)"));
  CHECK(holds(text, R"(sendcode_attempts_total{error_code="21610",outcome="opted_out",sender="twilio"} 1)"));
  CHECK(holds(text, R"(sendcode_dead_letters_total{error="invalid_json"} 1)"));
  CHECK(holds(text, R"(sendcode_checks_total{environment="env_1",status="approved"} 1)"));
  CHECK(holds(text, R"(sendcode_texts_sent_total{environment="env_1"} 3)"));
  CHECK(holds(text, R"(sendcode_texts_sent_by_country_total{country="AU"} 2)"));
  CHECK(holds(text, R"(sendcode_texts_sent_by_country_total{country="NZ"} 1)"));
  CHECK(holds(text, R"(sendcode_approvals_total{environment="env_1"} 1)"));
  CHECK(holds(text, R"(sendcode_approvals_by_country_total{country="AU"} 1)"));
  CHECK(holds(text, R"(sendcode_feedback_total{result="confirmed"} 1)"));
  CHECK(holds(text, R"(sendcode_receipts_total{environment="env_1",error_code="30005",status="undelivered"} 1)"));
  CHECK(holds(text, R"(sendcode_receipts_total{environment="env_1",error_code="none",status="delivered"} 1)"));
  CHECK(holds(text, R"(sendcode_receipts_refused_total{because="not_understood"} 1)"));
  CHECK(holds(text, "sendcode_in_flight 2"));
  CHECK(holds(text, "sendcode_held_events 1"));
  CHECK(holds(text, R"(sendcode_breaker_state{sender="twilio"} 1)"));
  CHECK(holds(text, R"(sendcode_breaker_state{sender="kinde"} 0)"));
  CHECK(holds(text, R"(sendcode_dependency_up{dependency="redis"} 1)"));
  CHECK(holds(text, R"(sendcode_dependency_up{dependency="kafka"} 0)"));
  CHECK(holds(text, "sendcode_clock_skew_seconds -0.25"));
  CHECK(holds(text, "sendcode_client_addresses_uncounted_total 1"));
  CHECK(holds(text, R"(sendcode_event_age_seconds_bucket{le="0.05"} 1)"));
  CHECK(holds(text, "sendcode_event_age_seconds_count 3"));
  CHECK(holds(text, R"(sendcode_send_duration_seconds_bucket{le="0.025"} 2)"));
  CHECK(holds(text, "# TYPE sendcode_events_total counter"));
}

TEST_CASE("labels come from closed sets", "[metrics]") {
  metrics::registry registry;
  metrics::prometheus_telemetry telemetry(registry);
  telemetry.event_ended("made_up", domain::purpose::mfa, sent, 0ms);
  telemetry.check_answered("made_up", "maybe");
  telemetry.dependency_up("the moon", true);
  telemetry.receipt_taken("made_up", "teleported", 1);
  for (const char* country : {"", "A", "001", "au", "made_up", "A1", "ÅÄ"}) {
    telemetry.text_sent("made_up", country);
    telemetry.code_approved("made_up", country);
  }
  telemetry.feedback_ended("lost");
  for (std::uint32_t code = 1; code < 200; ++code) telemetry.attempt_made({.error_code = code});
  const std::string text = registry.render();
  CAPTURE(text);
  CHECK(holds(text, R"(sendcode_events_total{environment="_other",purpose="mfa",reason="",status="sent"} 1)"));
  CHECK(holds(text, R"(sendcode_checks_total{environment="_other",status="other"} 1)"));
  CHECK(holds(text, R"(sendcode_dependency_up{dependency="other"} 1)"));
  CHECK(holds(text, R"(sendcode_receipts_total{environment="_other",error_code="other",status="other"} 1)"));
  CHECK(holds(text, R"(sendcode_attempts_total{error_code="other",outcome="unknown",sender=""} 199)"));
  CHECK(holds(text, R"(sendcode_texts_sent_total{environment="_other"} 7)"));
  CHECK(holds(text, R"(sendcode_texts_sent_by_country_total{country="other"} 7)"));
  CHECK(holds(text, R"(sendcode_approvals_total{environment="_other"} 7)"));
  CHECK(holds(text, R"(sendcode_approvals_by_country_total{country="other"} 7)"));
  CHECK(holds(text, R"(sendcode_feedback_total{result="other"} 1)"));
  CHECK(text.find("made_up") == std::string::npos);
}

TEST_CASE("countries stand without environments, and are no more than there are pairs of letters", "[metrics]") {
  metrics::registry registry;
  registry.know_environments(names_of(1, 3));
  metrics::prometheus_telemetry telemetry(registry);
  const auto letter = [](int n) { return static_cast<char>('A' + n); };
  for (int i = 0; i < 26 * 26; ++i) {
    for (const auto& environment : names_of(1, 3))
      telemetry.text_sent(environment, std::string{letter(i / 26), letter(i % 26)});
  }
  const std::string text = registry.render();
  std::size_t series = 0;
  for (auto at = text.find("_by_country_total{"); at != text.npos; at = text.find("_by_country_total{", at + 1))
    ++series;
  CHECK(series == 26 * 26);
  CHECK(holds(text, R"(sendcode_texts_sent_by_country_total{country="ZZ"} 3)"));
  CHECK(holds(text, R"(sendcode_texts_sent_total{environment="env_2"} 676)"));
  CHECK(text.find(R"(country="AA",environment)") == text.npos);
}

TEST_CASE("the first thousand environments have labels, and keep them", "[metrics]") {
  metrics::registry registry;
  metrics::prometheus_telemetry telemetry(registry);
  telemetry.check_answered("env_1", "approved");  // not known yet
  registry.know_environments(names_of(1, 999));
  registry.know_environments(names_of(2000, 5));
  telemetry.check_answered("env_1", "approved");
  telemetry.check_answered("env_2000", "approved");
  telemetry.check_answered("env_2001", "approved");
  const std::string text = registry.render();
  CHECK(holds(text, R"(sendcode_checks_total{environment="env_1",status="approved"} 1)"));
  CHECK(holds(text, R"(sendcode_checks_total{environment="env_2000",status="approved"} 1)"));
  CHECK(holds(text, R"(sendcode_checks_total{environment="_other",status="approved"} 2)"));
}

TEST_CASE("the fronts of several threads count together", "[metrics]") {
  metrics::registry registry;
  registry.know_environments(names_of(1, 1));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      metrics::prometheus_telemetry telemetry(registry);
      for (int i = 0; i < 1'000; ++i) telemetry.event_ended("env_1", domain::purpose::mfa, sent, 1ms);
    });
  }
  for (int i = 0; i < 20; ++i) CHECK_FALSE(registry.render().empty());
  for (auto& thread : threads) thread.join();
  CHECK(holds(registry.render(),
              R"(sendcode_events_total{environment="env_1",purpose="mfa",reason="",status="sent"} 4000)"));
}
