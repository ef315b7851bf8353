#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "worker/domain/key_ring.hpp"
#include "worker/domain/settings.hpp"
#include "worker/ports/code_store.hpp"
#include "worker/ports/event_stream.hpp"
#include "worker/ports/telemetry.hpp"
#include "worker/ports/text_sender.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::pipeline {

// What one thread's pipeline works with: its own connections, and what is shared by its nature. All outlive the
// pipeline.
struct services {
  ports::code_store& store;
  ports::text_sender* twilio = nullptr;
  ports::text_sender* kinde = nullptr;  // null: not configured
  ports::event_stream& stream;
  ports::clock& clock;
  ports::random_source& random;
  ports::telemetry& telemetry;
};

struct options {
  std::uint32_t in_flight_max = 1000;  // events between admit and settle, of this shard
  milliseconds dedupe_ttl{3'600'000};
  std::uint32_t kinde_daily_limit = 1000;
  std::string source_topic = "sms.send-code";  // for the headers of dead letters
};

// What changes while the worker runs, as one moment's view.
struct rules {
  domain::settings_ptr settings;
  std::shared_ptr<const domain::key_ring> code_keys;   // derived for codes (domain/code.hpp)
  std::shared_ptr<const secret> device_token_key;      // derived for device tokens
  std::shared_ptr<const domain::key_ring> ref_keys{};  // derived for refs; null: no receipts are asked for
};

constexpr std::uint32_t kinde_monthly_allowance = 10;  // without an account of one's own
constexpr std::uint32_t held_max = 1000;               // events of a shard that wait for settings or a sender
constexpr std::uint32_t long_waits_max = 500;          // so many held, and a Retry-After is waited for in flight

}  // namespace sendcode::pipeline
