// What an event costs between decode and publish, without I/O: build/bench/bench/micro_bench.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "worker/codec/event_decoder.hpp"
#include "worker/codec/status_encoder.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/phone_number.hpp"

namespace sendcode {
namespace {

const std::string event_data =
    R"({"environment_id":"env_live","application_id":"app_web","challenge_id":"k3Jw9sQ2vT7yB4nH1cXzLg",)"
    R"("purpose":"sign_in","phone_number":"+61491570006","connection_id":"conn_0b7a1f3c5d9e2468ace013579bdf2468",)"
    R"("locale":"en-AU","client_ip":"203.0.113.7","user_id":"kp_6f1d2c"})";

const std::array<domain::record_header, 6> event_headers = {{{"ce_specversion", "1.0"},
                                                             {"ce_type", "io.sendcode.send-code.v1"},
                                                             {"ce_source", "/sign-in"},
                                                             {"ce_id", "0f3a7c52-9b1e-4c8d-a6f0-2e5d7b9c1a34"},
                                                             {"ce_time", "2026-11-23T08:15:30.123Z"},
                                                             {"content-type", "application/json"}}};

void decode_event(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(codec::decode_event(event_headers, event_data));
}
BENCHMARK(decode_event);

void parse_phone_number(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(domain::parse_phone_number("+61491570006", "AU"));
}
BENCHMARK(parse_phone_number);

void derive_code(benchmark::State& state) {
  const std::string key(32, 'k');
  const byte_array<32> nonce{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(domain::derive_code(
        key, {"env_live", "app_web", domain::purpose::sign_in, "+61491570006", "", "k3Jw9sQ2vT7yB4nH1cXzLg"}, nonce));
  }
}
BENCHMARK(derive_code);

void encode_outcome(benchmark::State& state) {
  const auto event = codec::decode_event(event_headers, event_data);
  const auto phone = domain::parse_phone_number("+61491570006", "AU");
  domain::outcome outcome;
  outcome.status = domain::status::sent;
  outcome.sender = domain::sender_kind::twilio;
  outcome.message_id = "SM00000000000000000000000000000001";
  outcome.attempts = {{domain::sender_kind::twilio, domain::answer_class::accepted, 201, 0, milliseconds{42}}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(codec::encode_outcome({&*event, &outcome, &*phone, timestamp{}, timestamp{}}));
  }
}
BENCHMARK(encode_outcome);

}  // namespace
}  // namespace sendcode
