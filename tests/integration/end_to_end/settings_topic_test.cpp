// Settings from the compacted topic: the worker and the commands that write there.
#include <algorithm>

#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

constexpr const char* german = "+4915123456789";

// `settings COMMAND WORDS… --config …`.
run_result settings_run(const world& with, std::vector<std::string> words) {
  words.insert(words.begin(), "settings");
  words.insert(words.end(), {"--config", (with.folder.path() / "worker.yaml").string()});
  return sendcode_run(with, std::move(words));
}

std::string file_of(const world& with, const std::string& environment = "env_live") {
  return (with.folder.path() / "settings" / (environment + ".yaml")).string();
}

void apply(const world& with) {
  const auto applied = settings_run(with, {"apply", file_of(with)});
  INFO(applied.output);
  REQUIRE(applied.exit_code == 0);
}

int readiness(const worker& of) {
  return http_call(of.port(), "GET", "/readyz").status;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

// Past the newest settings: how long the worker takes to follow is its own affair.
bool comes_to(world& with, const std::string& phone, const char* member, const std::string& wanted) {
  return eventually([&] { return with.send_and_wait(with.make_event(phone)).value(member, "") == wanted; }, patience);
}

}  // namespace

TEST_CASE("a worker with settings on the topic is ready once it knows them, and follows what is applied and deleted") {
  world with({.settings_topic = true});
  const auto began = std::chrono::steady_clock::now();
  auto& worker = with.start_worker();
  // Said at once, after 1 s and after 2 s more, though it is tried twice a second.
  REQUIRE(eventually([&] { return occurrences(worker.log(), "a topic cannot be followed") >= 3; }, patience));
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::seconds(3));
  CHECK(holds(worker.log(), with.settings_topic));
  CHECK(eventually([&] { return readiness(worker) == 503; }));
  const auto early = with.make_event(phone_number(1));
  with.send({early});
  with.kafka->create(with.settings_topic, 1);
  REQUIRE(eventually([&] { return readiness(worker) == 200; }, patience));
  CHECK(with.outcome(early)["reason"] == "unknown_environment");  // the topic is empty, and known to be

  const auto applied = settings_run(with, {"apply", file_of(with)});
  INFO(applied.output);
  REQUIRE(applied.exit_code == 0);
  CHECK(holds(applied.output, "env_live: new\n"));
  CHECK(comes_to(with, phone_number(2), "status", "sent"));
  const auto again = settings_run(with, {"apply", file_of(with)});
  CHECK(again.exit_code == 0);
  CHECK(again.output.ends_with("env_live: unchanged\nnothing to write\n"));
  // Warnings hold nothing up, and come before anything is written.
  CHECK(applied.output.find(": warning: sms.twilio.phone_number: is not used") < applied.output.find("env_live: new"));
  CHECK(applied.output.find("env_live: new") < applied.output.find("written"));

  CHECK(with.send_and_wait(with.make_event(german))["reason"] == "country_not_allowed");
  with.write_settings({.countries = "[AU, DE, US]"});
  const auto tried = settings_run(with, {"apply", file_of(with), "--dry-run"});
  CHECK(tried.exit_code == 0);
  CHECK(holds(tried.output, "  sms.allowed_countries[1]: \"US\" -> \"DE\"\n"));
  CHECK(holds(settings_run(with, {"show", "env_live"}).output, "allowed_countries: [\"AU\",\"US\"]"));
  const auto changed = json::parse(settings_run(with, {"apply", file_of(with), "--json"}).output);
  CHECK(changed["change"] == "changed");
  CHECK(changed["written"] == true);
  REQUIRE(changed["differences"].size() == 2);
  CHECK(changed["differences"][0] == json({{"key", "sms.allowed_countries[1]"}, {"before", "US"}, {"after", "DE"}}));
  REQUIRE(changed["warnings"].size() == 1);
  CHECK(changed["warnings"][0]["key"] == "sms.twilio.phone_number");
  CHECK(comes_to(with, german, "status", "sent"));
  const auto shown = settings_run(with, {"show", "env_live"});
  CHECK(holds(shown.output, "allowed_countries: [\"AU\",\"DE\",\"US\"]"));
  CHECK(holds(shown.output, "# env_live, from the topic " + with.settings_topic + ", partition 0, offset 1\n"));
  const auto as_json = json::parse(settings_run(with, {"show", "env_live", "--json"}).output);
  CHECK(as_json["origins"]["sms.allowed_countries"] == "topic");
  CHECK(as_json["origins"]["sms.code_ttl"] == "default");
  REQUIRE(as_json["warnings"].size() == 1);
  CHECK(as_json["warnings"][0]["key"] == "sms.twilio.phone_number");
  CHECK_FALSE(as_json["warnings"][0].contains("line"));  // a record has none

  with.kafka->produce(with.settings_topic,
                      {{.key = "env_live",
                        .value = R"({"environment_id": "env_live", "sms": {"code_ttl": "5 apples"}})",
                        .headers = {}}});
  REQUIRE(worker.says("a settings document is refused"));
  for (const auto* part : {"\"offset\":2", "\"partition\":0", "sms.code_ttl", "5 apples", "a duration from 1m to 2h"}) {
    INFO(part);
    CHECK(holds(worker.log(), part));
  }
  CHECK(with.send_and_wait(with.make_event(german))["status"] == "sent");

  const auto spared = settings_run(with, {"delete", "env_live", "--dry-run"});
  CHECK(spared.exit_code == 0);
  CHECK(spared.output == "env_live: deleted\nnothing was written: --dry-run\n");
  CHECK(settings_run(with, {"show", "env_live"}).exit_code == 1);  // broken by now, and not gone
  CHECK(with.send_and_wait(with.make_event(german))["status"] == "sent");
  REQUIRE(settings_run(with, {"delete", "env_live"}).exit_code == 0);
  CHECK(comes_to(with, phone_number(3), "reason", "unknown_environment"));
}

TEST_CASE("an environment whose only document on the topic is broken has its events held, until a good one comes") {
  world with({.settings_topic = true});
  with.kafka->create(with.settings_topic, 1);
  with.kafka->produce(with.settings_topic, {{.key = "env_live", .value = "no JSON", .headers = {}}});
  auto& worker = with.start_worker();
  const auto held = with.make_event(phone_number(1));
  with.send({held});
  REQUIRE(worker.says("an event is held"));
  CHECK(with.outcomes_of(held).empty());
  const auto shown = settings_run(with, {"show", "env_live"});
  CHECK(shown.exit_code == 1);
  CHECK(holds(shown.output, "the settings of env_live are not valid"));
  apply(with);
  CHECK(with.outcome(held)["status"] == "sent");
}

TEST_CASE("what is applied is checked whole first, and each failure has its exit code") {
  world with({.settings_topic = true});
  CHECK(settings_run(with, {"apply", file_of(with)}).exit_code == 3);  // there is no such topic
  with.kafka->create(with.settings_topic, 1);
  write_file(file_of(with, "env_bad"), "environment_id: env_other\napplications: []\nsms: {default_country: AU}\n");
  const auto refused = settings_run(with, {"apply", file_of(with), file_of(with, "env_bad")});
  CHECK(refused.exit_code == 1);
  CHECK(holds(refused.output, "env_bad.yaml:1: environment_id"));
  CHECK(holds(refused.output, "env_bad.yaml:2: applications"));
  CHECK(holds(refused.output, "nothing was written"));
  CHECK(settings_run(with, {"apply", file_of(with), file_of(with)}).exit_code == 1);  // twice the same
  CHECK(settings_run(with, {"apply", file_of(with, "env_none")}).exit_code == 2);
  CHECK(settings_run(with, {"apply"}).exit_code == 2);
  CHECK(settings_run(with, {"show", "env_live"}).exit_code == 1);  // none of it was written
  const auto unknown = settings_run(with, {"delete", "env_live"});
  CHECK(unknown.exit_code == 1);
  CHECK(holds(unknown.output, "there is no environment env_live on the topic"));
}

TEST_CASE(
    "while Kafka is away the last settings stay, which is said at growing intervals, and then it is followed again") {
  kafka_server late(sendcode::redis_tests::free_port());
  world with({.bootstrap = late.bootstrap(), .settings_topic = true});
  auto& worker = with.start_worker();
  REQUIRE(worker.says("a topic cannot be followed"));
  CHECK(eventually([&] { return readiness(worker) == 503; }));
  late.start();
  with.make_topics();
  with.kafka->create(with.settings_topic, 1);
  apply(with);
  CHECK(comes_to(with, phone_number(1), "status", "sent"));

  const auto before = worker.log().size();
  const auto said = [&] { return worker.log().substr(before); };
  late.kill();
  REQUIRE(eventually([&] { return holds(said(), "a topic cannot be followed"); }, patience));
  CHECK(readiness(worker) == 200);
  CHECK(settings_run(with, {"apply", file_of(with)}).exit_code == 3);
  late.start();
  REQUIRE(eventually([&] { return holds(said(), "a topic is followed again"); }, patience));
  with.write_settings({.countries = "[AU, DE, US]"});
  apply(with);
  CHECK(comes_to(with, german, "status", "sent"));
}
