#include "tests/fakes/pipeline_world.hpp"

#include "worker/domain/code.hpp"

namespace sendcode::ports {

bool is_revoked(const assignment& held_by) noexcept {
  return held_by.revoked;
}

bool must_make_room(const record_position& position) noexcept {
  return position.sequence < position.held_by->room_before;
}

}  // namespace sendcode::ports

namespace sendcode::tests {
namespace {

struct owned_record {
  std::string key, value;
  std::vector<std::pair<std::string, std::string>> headers;
};

const auto a_secret = std::make_shared<const secret>(std::string("a secret"));

}  // namespace

pipeline_world::pipeline_world(pipeline::options chosen) {
  add_environment("env_live");
  shard = std::make_unique<pipeline::shard>(context, services, chosen, rules());
}

// What still sleeps holds references into the shard: the tasks go first.
pipeline_world::~pipeline_world() {
  store.outage = false;
  assignment->revoked = true;
  drain();
  pass(std::chrono::hours{2});
}

void pipeline_world::add_environment(const std::string& id) {
  domain::environment_settings out;
  out.environment_id = id;
  out.connection_id = domain::derive_connection_id(id);
  out.applications = {"app_web"};
  out.phone_applications = {"app_web"};
  out.mfa = domain::mfa_policy::optional;
  out.sms_factor = true;
  out.sms.default_country = "AU";
  out.sms.allowed_countries = {"AU"};
  out.sms.fallback = domain::fallback_sender::kinde;
  out.sms.twilio = domain::twilio_settings{};
  out.sms.twilio->account_sid = "AC" + id;
  out.sms.twilio->auth_tokens = {{id + "/twilio_auth_token", a_secret}};
  out.sms.test_numbers = {{"+12025550123", {id + "/test_code", a_secret}}};
  out.sms.limits = domain::default_limits();
  environments[id] = std::move(out);
}

pipeline::rules pipeline_world::rules() const {
  auto snapshot = std::make_shared<domain::settings_snapshot>();
  snapshot->current = current;
  for (const auto& [id, settings] : environments) {
    snapshot->environments[id] = std::make_shared<const domain::environment_settings>(settings);
  }
  const auto key = std::make_shared<const secret>(std::string(32, 'k'));
  auto ring = domain::key_ring::make({{"k1", key, std::nullopt, key_ends}});
  return {.settings = std::move(snapshot),
          .code_keys = std::make_shared<const domain::key_ring>(ring->derive(domain::code_key_label)),
          .device_token_key = std::make_shared<const secret>(std::string(32, 'd')),
          .ref_keys = ref_keys};
}

void pipeline_world::update() {
  shard->update(rules());
  run();
}

std::int64_t pipeline_world::deliver(event_words words) {
  const std::int64_t offset = next_offset_++;
  if (words.id.empty()) words.id = "event " + std::to_string(offset);
  if (words.challenge.empty()) words.challenge = "challenge-of-this-event-" + std::to_string(offset);
  auto owned = std::make_unique<owned_record>();
  owned->key = words.key.value_or(words.phone);
  owned->headers = {{"ce_specversion", "1.0"},
                    {"ce_type", "io.sendcode.send-code.v1"},
                    {"ce_source", "/sign-in"},
                    {"ce_id", words.id}};
  if (!words.traceparent.empty()) owned->headers.emplace_back("ce_traceparent", words.traceparent);
  if (!words.time.empty()) owned->headers.emplace_back("ce_time", words.time);
  owned->value = words.value.empty()
                     ? nlohmann::json{{"environment_id", words.environment},
                                      {"application_id", words.application},
                                      {"challenge_id", words.challenge},
                                      {"purpose", words.purpose},
                                      {"phone_number", words.phone},
                                      {"user_id", "user_1"},
                                      {"connection_id", domain::derive_connection_id(words.environment)}}
                           .dump()
                     : words.value;
  ports::incoming_record record;
  if (!words.without_key) record.key = owned->key;
  record.value = owned->value;
  for (const auto& [name, value] : owned->headers) record.headers.push_back({name, value});
  record.appended_at = clock.now() - words.appended_ago;
  record.position = {.held_by = words.held_by ? words.held_by : assignment,
                     .sequence = static_cast<std::uint64_t>(offset),
                     .partition = 3,
                     .offset = offset};
  record.owner = {owned.release(), [](void* held) { delete static_cast<owned_record*>(held); }};
  collected_.push_back(std::move(record));
  if (!collecting) let_in();
  return offset;
}

void pipeline_world::let_in() {
  shard->accept(std::exchange(collected_, {}));
  run();
}

void pipeline_world::require_given_back_by_drain(std::int64_t offset) {
  drain();
  pass(milliseconds{500});
  CHECK(drained);
  CHECK(outcome(offset) == "dropped");
  CHECK(store.releases == 1);
  CHECK(telemetry.held == 0);
}

nlohmann::json pipeline_world::status(std::int64_t offset) const {
  for (const auto& published : stream.records) {
    if (published.completes == offset && published.record.topic == ports::topic::delivery_status) {
      return nlohmann::json::parse(published.record.value);
    }
  }
  FAIL("no status was published for offset " << offset << ": " << outcome(offset));
  return {};
}

std::string pipeline_world::outcome(std::int64_t offset) const {
  for (const auto& published : stream.records) {
    if (published.completes != offset) continue;
    if (published.record.topic == ports::topic::dead_letter) return "dead letter " + published.header("error");
    const auto told = nlohmann::json::parse(published.record.value);
    const auto status = told["status"].get<std::string>();
    return told.contains("reason") ? status + " " + told["reason"].get<std::string>() : status;
  }
  return stream.dropped.contains(offset) ? "dropped" : "open";
}

}  // namespace sendcode::tests
