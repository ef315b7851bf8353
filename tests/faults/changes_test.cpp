// Settings and secrets that change under load.
#include "common/bytes.hpp"
#include "common/crypto.hpp"
#include "tests/faults/scale.hpp"

using namespace sendcode::e2e;
using sendcode::faults::chosen_scale;
using sendcode::faults::wide_settings;

TEST_CASE("settings and the codes' key ring change again and again under load, and every code stays right") {
  const int rotations = chosen_scale().rotations;
  constexpr int events_each = 50;
  world with({.live = wide_settings(), .max_in_flight = 50});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 100}});
  auto& worker = with.start_worker();
  auto ring = json::parse(read_file(with.secret_path("keys/codes")));
  std::vector<event> events;
  for (int i = 0; i < rotations; ++i) {
    const auto more = with.load(i * events_each, (i + 1) * events_each);
    events.insert(events.end(), more.begin(), more.end());
    auto changed = wide_settings();
    changed.source = i % 2 == 0 ? "phone_number" : "messaging_service";
    changed.api_key = i % 3 == 0;
    with.write_settings(changed);
    sendcode::byte_array<32> key;
    sendcode::fill_random(key);
    ring.push_back({{"id", "key-" + std::to_string(i + 2)},
                    {"key", sendcode::to_base64(sendcode::as_text(key))},
                    {"not_before", "2026-01-01T00:00:" + std::to_string(10 + i) + "Z"}});
    with.write_secret("keys/codes", ring.dump());
    REQUIRE(eventually([&] { return with.ended(events) >= events.size() - events_each / 2; }, patience));
  }
  with.require_one_text_each(events);
  for (std::size_t i = 0; i < events.size(); i += 7) {
    CHECK(with.check(worker, events[i], with.codes_on(events[i].phone()).at(0))["status"] == "approved");
  }
}
