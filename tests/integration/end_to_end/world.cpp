#include "tests/integration/end_to_end/world.hpp"

#include <algorithm>
#include <map>

#include "common/bytes.hpp"
#include "common/crypto.hpp"
#include "tests/integration/end_to_end/group_lag.hpp"
#include "worker/domain/event.hpp"
#include "worker/domain/settings.hpp"

namespace sendcode::e2e {
namespace {

constexpr std::string_view api_key = "SK0123456789abcdef0123456789abcdef";
constexpr std::string_view auth_token = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
constexpr std::string_view api_key_secret = "api-key-secret-of-the-tests";
constexpr std::string_view kinde_secret = "kinde-secret-of-the-tests";

std::vector<std::string> sandbox_options() {
  const std::string twilio(settings::live_account);
  return {"--account",      twilio + ":" + std::string(auth_token),
          "--account",      twilio + ":" + settings::second_token,
          "--account",      std::string(settings::other_account) + ":" + std::string(auth_token),
          "--api-key",      twilio + ":" + std::string(api_key) + ":" + std::string(api_key_secret),
          "--kinde-client", "tests:" + std::string(kinde_secret)};
}

// With the same data after a crash.
std::vector<std::string> redis_options(const std::string& password) {
  std::vector<std::string> out{"--appendonly", "yes", "--appendfsync", "always"};
  if (!password.empty()) out.insert(out.end(), {"--requirepass", password});
  return out;
}

std::string random_bytes() {
  byte_array<32> bytes;
  fill_random(bytes);
  return std::string(as_text(bytes));
}

std::string key_ring() {
  return json::array({{{"id", "key-1"}, {"key", to_base64(random_bytes())}}}).dump();
}

json as_json(const http_answer& answer) {
  auto out = json::parse(answer.body, nullptr, false);
  if (!out.is_object()) out = json::object();
  out["http"] = answer.status;
  return out;
}

}  // namespace

std::string settings::document() const {
  std::string out = "environment_id: " + environment + "\napplications: [app_web, app_admin]\nsms:\n";
  out += "  default_country: AU\n";
  if (twilio) {
    out += "  twilio:\n    account_sid: " + account + "\n    auth_token: {secret: " + environment +
           "/twilio_auth_token}\n    source: " + source + "\n";
    if (api_key) {
      out += "    api_key: {sid: " + std::string(e2e::api_key) + ", secret: {secret: " + environment +
             "/twilio_api_key}}\n";
    }
    out += "    messaging_service_sid: MG0123456789abcdef0123456789abcdef\n    phone_number: \"+15005550006\"\n";
    out += "  fallback: " + fallback + "\n";
  }
  out += "  allowed_countries: " + countries + "\n  allowed_prefixes: [\"+1500555\"]\n  limits: " + limits + "\n";
  if (!more.empty()) out += "  " + more + "\n";
  return out + "authentication:\n  phone: {applications: [app_web]}\nmfa: " + mfa + "\n";
}

std::string event::outcome_id() const {
  const auto environment = data.value("environment_id", "");
  return to_hex(as_text(domain::make_request_id(environment, source, id))) + "/outcome";
}

world::world(world_options chosen)
    : redis(redis_options(chosen.redis_password)), senders(sandbox_options()), chosen_(std::move(chosen)) {
  bootstrap_ = chosen_.bootstrap.empty() ? shared_kafka() : chosen_.bootstrap;
  const auto made = random_id().substr(0, 8);
  send_code_topic = "sms.send-code-" + made;
  status_topic = "sms.delivery-status-" + made;
  dead_letter_topic = "sms.send-code.dead-letter-" + made;
  settings_topic = "sms.settings-" + made;
  group = "group-" + made;
  byte_array<32> secret_part;
  fill_random(secret_part);
  token_ = "sct_tests_" + to_base64url(as_text(secret_part));
  write_secret("keys/codes", key_ring());
  write_secret("keys/refs", key_ring());
  write_secret("keys/subjects", to_base64(random_bytes()));
  write_secret("kinde/client_secret", std::string(kinde_secret));
  write_secret("redis_password",
               chosen_.configured_password.empty() ? chosen_.redis_password : chosen_.configured_password);
  write_secret("api_tokens", json::array({{{"id", "tests"},
                                           {"sha256", to_hex(as_text(sha256(token_)))},
                                           {"environments", {"*"}},
                                           {"applications", {"*"}},
                                           {"scopes", {"check", "status", "cancel", "unlock"}}}})
                                 .dump());
  write_secret("env_live/twilio_auth_token", std::string(auth_token));
  write_secret("env_live/twilio_api_key", std::string(api_key_secret));
  write_settings(chosen_.live);
  write_config();
  if (chosen_.bootstrap.empty()) make_topics();
}

void world::make_topics() {
  kafka = std::make_unique<tests::cluster>(bootstrap_);
  kafka->create(send_code_topic, chosen_.partitions);
  kafka->create(status_topic, 1);
  kafka->create(dead_letter_topic, 1);
  statuses = std::make_unique<topic_log>(bootstrap_, status_topic);
  dead_letters = std::make_unique<topic_log>(bootstrap_, dead_letter_topic);
}

world::~world() {
  // A case that has failed already is not asked for a good end.
  if (std::uncaught_exceptions() == 0) check_end();
}

worker& world::start_worker(const environment_variables& more) {
  const auto log = folder.path() / ("worker-" + std::to_string(workers_.size()) + ".log");
  return workers_.emplace_back(folder.path() / "worker.yaml", log, redis_tests::free_port(), more);
}

void world::write_settings(const settings& of) const {
  write_file(folder.path() / "settings" / (of.environment + ".yaml"), of.document());
}

void world::write_secret(const std::string& name, const std::string& text) const {
  write_file(secret_path(name), text);
}

void world::write_config() const {
  const bool password = !chosen_.redis_password.empty() || !chosen_.configured_password.empty();
  const json config{
      {"kafka",
       {{"properties", {{"bootstrap.servers", bootstrap_}}},
        {"group", group},
        {"topics",
         {{"send_code", send_code_topic}, {"delivery_status", status_topic}, {"dead_letter", dead_letter_topic}}}}},
      {"redis", {{"url", "redis://127.0.0.1:" + std::to_string(redis.port())}, {"timeout", "1s"}}},
      {"settings", {{"directory", "settings"}}},
      {"secrets", {{"directory", "secrets"}}},
      {"senders",
       {{"twilio", {{"base_url", senders.base_url()}, {"ca_file", senders.ca_file()}}},
        {"kinde",
         {{"base_url", senders.kinde_base_url()},
          {"token_url", senders.kinde_base_url() + "/oauth2/token"},
          {"audience", "tests"},
          {"client_id", "tests"},
          {"client_secret", {{"secret", "kinde/client_secret"}}},
          {"ca_file", senders.ca_file()}}}}},
      {"http", {{"internal", {{"tokens", {{"secret", "api_tokens"}}}}}}},
      {"worker", {{"shards", 2}, {"max_in_flight", chosen_.max_in_flight}}},
      {"log", {{"level", "trace"}, {"format", "json"}}}};
  auto whole = config;
  whole["kafka"]["topics"]["settings"] = settings_topic;
  if (chosen_.settings_topic) whole["settings"] = {{"topic", true}};
  if (password) whole["redis"]["password"] = {{"secret", "redis_password"}};
  write_file(folder.path() / "worker.yaml", whole.dump(2));  // YAML 1.2 takes JSON
}

event world::make_event(const std::string& phone, const json& changes) const {
  event out{.id = random_id()};
  out.data = {{"environment_id", "env_live"},
              {"application_id", "app_web"},
              {"challenge_id", random_id()},
              {"purpose", "sign_in"},
              {"phone_number", phone}};
  if (changes.is_object()) out.data.merge_patch(changes);
  if (!out.data.contains("connection_id")) {
    out.data["connection_id"] = domain::derive_connection_id(out.data["environment_id"].get<std::string>());
  }
  return out;
}

tests::test_record world::as_record(const event& of) const {
  tests::test_record out{.key = of.phone(),
                         .value = of.data.dump(),
                         .headers = {{"ce_specversion", "1.0"},
                                     {"ce_id", of.id},
                                     {"ce_source", of.source},
                                     {"ce_type", "io.sendcode.send-code.v1"},
                                     {"content-type", "application/json"}}};
  if (of.time) out.headers.emplace_back("ce_time", *of.time);
  return out;
}

void world::send(const std::vector<event>& events) {
  std::vector<tests::test_record> records;
  for (const auto& each : events) {
    records.push_back(as_record(each));
    if (each.phone().starts_with('+')) phones_.insert(each.phone());
  }
  produce(records);
}

void world::produce(const std::vector<tests::test_record>& records) {
  kafka->produce(send_code_topic, records);
}

std::vector<logged_record> world::outcomes_of(const event& of) const {
  const auto id = of.outcome_id();
  return statuses->where([&](const logged_record& each) { return each.header("ce_id") == id; });
}

json world::outcome(const event& of) const {
  INFO(of.phone() << ": no outcome; the worker said:\n" << (workers_.empty() ? "" : workers_.back().log()));
  REQUIRE(eventually([&] { return !outcomes_of(of).empty(); }, patience));
  return outcomes_of(of).front().data;
}

json world::send_and_wait(const event& of) {
  send({of});
  return outcome(of);
}

std::size_t world::ended(const std::vector<event>& events) const {
  const auto ids = statuses->ids();
  return static_cast<std::size_t>(
      std::ranges::count_if(events, [&](const event& each) { return ids.contains(each.outcome_id()); }));
}

void world::require_ended(const std::vector<event>& events) const {
  if (eventually([&] { return ended(events) == events.size(); }, patience)) return;
  for (const auto& each : events) {
    if (outcomes_of(each).empty()) UNSCOPED_INFO("no outcome: " << each.outcome_id());
  }
  for (const auto& each : workers_) UNSCOPED_INFO("a worker said:\n" << each.log());
  FAIL(events.size() - ended(events) << " of " << events.size() << " events have no outcome");
}

std::vector<event> world::load(int from, int to) {
  std::vector<event> out;
  for (int i = from; i < to; ++i) out.push_back(make_event(phone_number(i)));
  send(out);
  return out;
}

void world::require_one_text_each(const std::vector<event>& events) const {
  require_ended(events);
  const auto texts = senders.texts_by_phone();
  for (const auto& each : events) {
    const auto status = outcome(each);
    INFO(status.dump());
    CHECK(status["status"] == "sent");
    CHECK_FALSE(status.value("possible_duplicate", false));
    const auto found = texts.find(each.phone());
    CHECK((found != texts.end() && found->second == 1));
  }
}

void world::require_sent_once_or_marked(const std::vector<event>& events, std::size_t overtaken) const {
  require_ended(events);
  std::size_t answered_both = 0;
  std::map<std::string, std::vector<logged_record>> told;
  for (auto& each : statuses->records()) told[each.header("ce_id")].push_back(std::move(each));
  const auto texts = senders.texts_by_phone();
  for (const auto& each : events) {
    const auto& records = told[each.outcome_id()];
    const auto& status = records.front().data;
    INFO(status.dump());
    CHECK(status["status"] == "sent");
    for (const auto& record : records) CHECK(record.data == status);
    REQUIRE(texts.contains(each.phone()));
    if (texts.at(each.phone()) == 1) continue;
    CHECK(texts.at(each.phone()) == 2);
    CHECK(status.value("possible_duplicate", false));
    const auto messages = senders.messages(each.phone());
    answered_both += std::ranges::all_of(messages, [](const json& text) { return text["answered"] == true; }) ? 1U : 0U;
    CHECK(answered_both <= overtaken);
    const auto codes = codes_on(each.phone());
    CHECK(std::ranges::count(codes, codes.front()) == 2);
  }
}

http_answer world::check_raw(const worker& by, const event& of, const std::string& code, const headers& more) const {
  json body = of.data;
  for (const auto* name : {"challenge_id", "connection_id", "client_ip", "locale", "country"}) body.erase(name);
  body["code"] = code;
  return call(by, "POST", "/v1/challenges/" + of.challenge() + "/check", body, more);
}

http_answer world::call(const worker& by, const std::string& method, const std::string& target, const json& body,
                        const headers& more) const {
  headers all{{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}};
  all.insert(all.end(), more.begin(), more.end());
  http_answer answer;
  eventually([&] {
    answer = http_call(by.port(), method, target, body.is_null() ? "" : body.dump(), all);
    return answer.status != 0;
  });
  return answer;
}

json world::check(const worker& by, const event& of, const std::string& code, const headers& more) const {
  return as_json(check_raw(by, of, code, more));
}

json world::ask(const worker& by, const std::string& method, const std::string& target, const json& body,
                const headers& more) const {
  return as_json(call(by, method, target, body, more));
}

json world::ask_after(const worker& by, const std::string& method, const event& of) const {
  const auto field = [&](const char* name) { return std::string(name) + "=" + of.data[name].get<std::string>(); };
  return ask(by, method,
             "/v1/challenges/" + of.challenge() + "?" + field("environment_id") + "&" + field("application_id") + "&" +
                 field("purpose"));
}

std::string world::metrics(const worker& of) const {
  const auto answer = http_call(of.port(), "GET", "/metrics");
  CHECK(answer.status == 200);
  return answer.body;
}

std::optional<std::int64_t> world::lag() const {
  return group_lag(bootstrap_, group, send_code_topic, chosen_.partitions);
}

std::vector<std::string> world::codes_on(const std::string& phone) const {
  std::vector<std::string> out;
  for (const auto& each : senders.messages(phone)) out.push_back(code_in(each["body"].get<std::string>()));
  return out;
}

std::string random_id() {
  byte_array<18> bytes;
  fill_random(bytes);
  return to_base64url(as_text(bytes));
}

std::string phone_number(int n) {
  const auto digits = std::to_string(1000 + n % 200).substr(1);  // above +61 4199 not every range is in use
  return "+614" + digits + std::to_string(70'000 + n);
}

}  // namespace sendcode::e2e
