// `settings show --usage` against what workers count, and warnings in their log.
#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"
#include "tests/integration/redis/groups.hpp"

using namespace sendcode::e2e;
using sendcode::redis_tests::cluster_group;
using sendcode::redis_tests::sentinel_group;

namespace {

run_result show_usage(const world& with, std::vector<std::string> more, const environment_variables& changes = {}) {
  std::vector<std::string> words{"settings", "show",     "env_live",
                                 "--usage",  "--config", (with.folder.path() / "worker.yaml").string()};
  words.insert(words.end(), more.begin(), more.end());
  return sendcode_run(with, words, changes);
}

json usage_of(const world& with, const std::string& phone, const environment_variables& changes = {}) {
  const auto shown = show_usage(with, {"--json", "--phone", phone}, changes);
  INFO(shown.output);
  REQUIRE(shown.exit_code == 0);
  return json::parse(shown.output);
}

json use_of(const json& usage, const std::string& per, const std::string& subject, const std::string& window) {
  for (const auto& each : usage["limits"]) {
    if (each["per"] == per && each.value("subject", "") == subject && each["window"] == window) return each;
  }
  FAIL("there is no limit per " << per << " of " << subject << " in " << usage.dump());
  return {};
}

void require_counted(world& with, const environment_variables& changes = {}) {
  auto& worker = with.start_worker(changes);
  const auto first = with.make_event("+61491570006");
  REQUIRE(with.send_and_wait(first)["status"] == "sent");
  REQUIRE(with.send_and_wait(with.make_event(phone_number(1)))["status"] == "sent");
  REQUIRE(with.send_and_wait(with.make_event("+61491570006"))["reason"] == "rate_limited.phone");
  const auto code = with.codes_on("+61491570006").at(0);
  with.check(worker, first, code == "000000" ? "000001" : "000000");

  const auto usage = usage_of(with, "0491 570 006", changes);
  INFO(usage.dump());
  CHECK(use_of(usage, "environment", "", "10m")["used"] == 2);
  CHECK(use_of(usage, "environment", "", "1d")["used"] == 2);
  CHECK(use_of(usage, "environment", "", "10m")["max"] == 1000);
  CHECK(use_of(usage, "application", "app_web", "1h")["used"] == 2);
  CHECK(use_of(usage, "application", "app_admin", "1h")["used"] == 0);
  CHECK(use_of(usage, "country", "AU", "1h")["used"] == 2);
  CHECK(use_of(usage, "prefix", "+614915", "10m")["used"] == 1);
  const auto of_the_phone = use_of(usage, "phone", "+61*******06 (stranger)", "5m");
  CHECK(of_the_phone["used"] == 1);
  CHECK(of_the_phone["stops"] == true);
  CHECK(of_the_phone["free_in_s"].get<int>() > 200);
  CHECK(use_of(usage, "phone", "+61*******06 (known device)", "5m")["used"] == 0);
  CHECK(usage["phone"]["phone_number"] == "+61*******06");
  CHECK(usage["phone"]["stranger"] == json({{"wrong", 1}, {"open", 4}}));
  CHECK(usage["allowance"]["per"] == "day");
  CHECK(usage["allowance"]["max"] == 1000);
  CHECK_FALSE(usage.contains("incomplete"));
}

world_options limited() {
  return {.live = {.limits = "[{per: phone, max: 1, window: 5m}, {per: application, max: 50, window: 1h}, "
                             "{per: country, max: 50, window: 1h}]"}};
}

}  // namespace

TEST_CASE("usage is what the workers count, on one Redis") {
  world with(limited());
  require_counted(with);
  const auto people = show_usage(with, {"--phone", "+61491570006"});
  INFO(people.output);
  CHECK(people.exit_code == 0);
  CHECK(people.output.find("used up, for ") != people.output.npos);
  CHECK(people.output.find("491570006") == people.output.npos);
  const auto before = sendcode::redis_tests::raw_client(with.redis.port()).keys();
  show_usage(with, {});
  CHECK(sendcode::redis_tests::raw_client(with.redis.port()).keys().size() == before.size());

  with.redis.stop();
  const auto without = show_usage(with, {});
  CHECK(without.exit_code == 3);
  CHECK(without.output.find("what is used cannot be told") != without.output.npos);
  with.redis.start();
}

TEST_CASE("usage is what the workers count, on the master that sentinels name") {
  sentinel_group group(1);
  world with(limited());
  require_counted(with, {{"SENDCODE_REDIS__URL", group.url()}});
}

TEST_CASE("usage is what the workers count, on a cluster") {
  cluster_group group(2);
  world with(limited());
  require_counted(with, {{"SENDCODE_REDIS__URL", group.url()}});
}

TEST_CASE("prefixes that are stopped for suspected fraud are shown, and until when") {
  world with;
  with.start_worker();
  with.senders.fault(
      {{"target", "twilio"}, {"kind", "status"}, {"http_status", 400}, {"error_code", 30450}, {"times", 3}});
  for (int i = 0; i < 3; ++i) with.send_and_wait(with.make_event("+6149157000" + std::to_string(6 + i)));
  REQUIRE(with.send_and_wait(with.make_event("+61491570156"))["reason"] == "suspected_fraud");
  const auto shown = show_usage(with, {"--json"});
  const auto fraud = json::parse(shown.output)["fraud"];
  REQUIRE(fraud.size() == 1);
  CHECK(fraud[0]["prefix"] == "+614915");
  CHECK(fraud[0]["stops"] == true);
  CHECK(fraud[0]["free_in_s"].get<int>() > 1'700);
}

TEST_CASE("a worker says once what may not be wanted in settings, and again only when it comes anew") {
  world with;
  auto& worker = with.start_worker();
  const std::string sentence = "settings are valid, and may not be what is wanted";
  const auto said = [&](const std::string& key) {
    int count = 0;
    std::istringstream lines(worker.log());
    for (std::string line; std::getline(lines, line);) {
      if (line.find(sentence) != line.npos && line.find("\"key\":\"" + key + "\"") != line.npos) ++count;
    }
    return count;
  };
  REQUIRE(eventually([&] { return said("sms.twilio.phone_number") == 1; }, patience));
  // Another secret and another document: what was said is not said again.
  with.write_secret("env_live/twilio_auth_token", settings::second_token);
  with.write_settings({.fallback = "none"});
  REQUIRE(eventually([&] { return said("sms.fallback") == 1; }, patience));
  CHECK(said("sms.twilio.phone_number") == 1);
  with.write_settings({.countries = "\"*\""});
  REQUIRE(eventually([&] { return said("sms.allowed_countries") == 1; }, patience));
  with.write_settings({.fallback = "none"});
  REQUIRE(eventually([&] { return said("sms.fallback") == 2; }, patience));
  CHECK(said("sms.twilio.phone_number") == 1);
}
