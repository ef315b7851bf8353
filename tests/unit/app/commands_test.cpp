#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/bytes.hpp"
#include "common/crypto.hpp"
#include "tests/catch.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/codec/key_ring_document.hpp"
#include "worker/domain/settings.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

namespace {

struct result {
  int code = 0;
  std::string out;
  std::string err;
};

// `sendcode` with these arguments, as main makes it.
result run(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  app::context with{.out = out, .err = err};
  CLI::App program{"sendcode"};
  program.require_subcommand(1);
  program.fallthrough();
  program.add_flag("--json", with.json, "");
  app::add_send_command(program, with);
  app::add_watch_command(program, with);
  app::add_settings_commands(program, with);
  app::add_settings_topic_commands(program, with);
  app::add_dead_letters_commands(program, with);
  app::add_keys_commands(program, with);
  app::add_tokens_commands(program, with);
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  try {
    program.parse(arguments);
  } catch (const CLI::ParseError& e) {
    return {program.exit(e, out, err) == 0 ? 0 : 2, out.str(), err.str()};
  }
  return {static_cast<int>(with.result), out.str(), err.str()};
}

timestamp now() {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

constexpr std::string_view document =
    "environment_id: env_a\napplications: [app_web]\nsms:\n  default_country: AU\n  twilio:\n"
    "    account_sid: AC0123456789abcdef0123456789abcdef\n    auth_token: {secret: env_a/token}\n"
    "    source: phone_number\n    phone_number: \"+61491570006\"\n";

}  // namespace

TEST_CASE("keys new codes prints a file that the worker takes, another each time") {
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--json"}}) {
    std::vector<std::string> arguments = {"keys", "new", "codes"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto first = run(arguments);
    REQUIRE(first.code == 0);
    const auto ring = codec::read_key_ring(first.out, "codes");
    REQUIRE(ring.has_value());
    REQUIRE(ring->keys().size() == 1);
    CHECK(ring->keys()[0].key->expose().size() == 32);
    CHECK(ring->signing_key(now()) != nullptr);
    CHECK(run(arguments).out != first.out);
  }
}

TEST_CASE("keys new subjects prints one base64 key") {
  const auto made = run({"keys", "new", "subjects"});
  CHECK(made.code == 0);
  CHECK(codec::read_single_key(made.out.substr(0, made.out.size() - 1), "subjects").has_value());
  CHECK(made.out.ends_with("=\n"));
}

TEST_CASE("keys add keeps the old key signing until the new one begins, and checking for 8 days more") {
  const testing::temporary_directory dir;
  const auto old = run({"keys", "new", "refs"}).out;
  dir.write("refs", old);
  const auto file = (dir.path() / "refs").string();
  const auto added = run({"keys", "add", file});
  REQUIRE(added.code == 0);
  const auto before = codec::read_key_ring(old, "refs");
  const auto after = codec::read_key_ring(added.out, "refs");
  REQUIRE(after.has_value());
  REQUIRE(after->keys().size() == 2);
  const auto& first = after->keys()[0];
  CHECK(first.id == before->keys()[0].id);
  CHECK(first.key->expose() == before->keys()[0].key->expose());
  const auto begins = *after->keys()[1].not_before;
  CHECK(begins >= now() + 5min);
  CHECK(after->signing_key(begins - 1ms)->id == first.id);
  CHECK(after->signing_key(begins)->id == after->keys()[1].id);
  CHECK(after->find(first.id, begins + std::chrono::days{7}) != nullptr);
  CHECK(after->find(first.id, begins + std::chrono::days{8}) == nullptr);
}

TEST_CASE("keys add refuses a begin less than 5 minutes ahead, and files that are no ring") {
  const testing::temporary_directory dir;
  dir.write("codes", run({"keys", "new", "codes"}).out);
  dir.write("broken", "hunter2");
  const auto file = (dir.path() / "codes").string();
  CHECK(run({"keys", "add", file, "--not-before", to_rfc3339(now() + 4min)}).code == 2);
  CHECK(run({"keys", "add", file, "--not-before", "tomorrow"}).code == 2);
  CHECK(run({"keys", "add", file, "--not-before", to_rfc3339(now() + 1h)}).code == 0);
  CHECK(run({"keys", "add", (dir.path() / "none").string()}).code == 2);
  const auto broken = run({"keys", "add", (dir.path() / "broken").string()});
  CHECK(broken.code == 2);
  CHECK(broken.out.empty());
  CHECK(broken.err.find("hunter2") == std::string::npos);
  CHECK(run({"keys", "new", "other"}).code == 2);
}

TEST_CASE("tokens new prints a token and an entry that holds its hash alone") {
  const auto made = run({"tokens", "new", "--id", "signin", "--environments", "env_a,env_b", "--applications", "*",
                         "--scopes", "check,status", "--not-after", "2099-01-01T00:00:00Z", "--json"});
  REQUIRE(made.code == 0);
  const auto json = nlohmann::json::parse(made.out);
  const auto token = json["token"].get<std::string>();
  CHECK(token.starts_with("sct_signin_"));
  CHECK(token.size() == std::string("sct_signin_").size() + 43);
  const auto hash = sha256(token);
  CHECK(json["entry"]["sha256"] == to_hex(as_text(hash)));
  CHECK(json["entry"]["id"] == "signin");
  CHECK(json["entry"]["environments"] == std::vector<std::string>{"env_a", "env_b"});
  CHECK(json["entry"]["applications"] == std::vector<std::string>{"*"});
  CHECK(json["entry"]["scopes"] == std::vector<std::string>{"check", "status"});
  CHECK(json["entry"]["not_after"] == "2099-01-01T00:00:00.000Z");
  CHECK(json.size() == 2);
}

TEST_CASE("tokens new refuses what the worker would refuse") {
  const auto code_of = [](std::vector<std::string> changed) {
    std::vector<std::string> arguments = {"tokens", "new"};
    std::map<std::string, std::string> options = {
        {"--id", "a"}, {"--environments", "env_a"}, {"--applications", "app"}, {"--scopes", "check"}};
    options[changed[0]] = changed[1];
    for (const auto& [name, value] : options) {
      arguments.push_back(name);
      arguments.push_back(value);
    }
    return run(arguments).code;
  };
  CHECK(code_of({"--id", "a"}) == 0);
  CHECK(code_of({"--id", std::string(32, 'a')}) == 0);
  CHECK(code_of({"--id", std::string(33, 'a')}) == 2);
  CHECK(code_of({"--id", "a_b"}) == 2);
  CHECK(code_of({"--environments", "env a"}) == 2);
  CHECK(code_of({"--environments", "env_a,env_a"}) == 2);
  CHECK(code_of({"--environments", "env_a,*"}) == 2);
  CHECK(code_of({"--scopes", "everything"}) == 2);
  CHECK(code_of({"--scopes", "check,check"}) == 2);
  CHECK(code_of({"--not-after", "2020-01-01T00:00:00Z"}) == 2);
  CHECK(code_of({"--not-after", "never"}) == 2);
  CHECK(run({"tokens", "new"}).code == 2);
}

TEST_CASE("settings validate tells every problem of every document, and says no") {
  const testing::temporary_directory dir;
  dir.write("env_a.yaml", document);
  CHECK(run({"settings", "validate", dir.path().string()}).code == 0);
  dir.write("env_b.yaml", document);
  dir.write("env_c.yml", document);
  dir.write(".hidden.yaml", "x");
  dir.write("notes.txt", "x");
  const auto told = run({"settings", "validate", dir.path().string()});
  CHECK(told.code == 1);
  CHECK(told.out.find("env_a.yaml: valid\n") != std::string::npos);
  CHECK(told.out.find("env_b.yaml:1: environment_id: \"env_a\": env_b, as the name") != std::string::npos);
  CHECK(told.out.find("env_c.yml: the worker leaves it out") != std::string::npos);
  CHECK(told.out.find("hidden") == std::string::npos);

  std::istringstream lines(run({"settings", "validate", dir.path().string(), "--json"}).out);
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(nlohmann::json::parse(line)["valid"] == true);
  REQUIRE(std::getline(lines, line));
  CHECK(nlohmann::json::parse(line)["problems"][0]["key"] == "environment_id");
  CHECK(nlohmann::json::parse(line)["problems"][0]["line"] == 1);

  CHECK(run({"settings", "validate", (dir.path() / "none").string()}).code == 2);
  std::filesystem::create_directory(dir.path() / "empty");
  CHECK(run({"settings", "validate", (dir.path() / "empty").string()}).code == 1);
}

TEST_CASE("settings show prints what is in force, the connection id and no secret") {
  const testing::temporary_directory dir;
  dir.write("settings/env_a.yaml", document);
  dir.write("settings/env_b.yaml", "broken: [");
  dir.write("secrets/keys/codes", "x");
  dir.write("secrets/keys/subjects", "x");
  dir.write("secrets/env_a/token", "hunter2");
  dir.write("worker.yaml",
            "kafka: {properties: {bootstrap.servers: a}}\nredis: {url: redis://h}\nsettings: {directory: settings}\n"
            "secrets: {directory: secrets}\n");
  const auto file = (dir.path() / "worker.yaml").string();
  const auto people = run({"settings", "show", "env_a", "--config", file});
  CHECK(people.code == 0);
  const auto has_line = [&](const std::string& value, const std::string& origin) {
    std::istringstream lines(people.out);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(value + ' ') && line.ends_with("# " + origin)) return true;
    }
    return false;
  };
  INFO(people.out);
  CHECK(has_line("connection_id: \"" + domain::derive_connection_id("env_a") + "\"", "derived"));
  CHECK(has_line("    - {\"per\":\"phone\",\"max\":1,\"window\":\"30s\"}", "default"));
  CHECK(has_line("  default_country: \"AU\"", "env_a.yaml:4"));
  CHECK(people.out.starts_with("# env_a, from " + (dir.path() / "settings/env_a.yaml").string() + "\n"));
  CHECK(people.out.find("# env_a.yaml:3: warning: sms.fallback: ") != std::string::npos);
  CHECK(people.out.find("hunter2") == std::string::npos);

  const auto json = nlohmann::json::parse(run({"--json", "settings", "show", "env_a", "--config", file}).out);
  CHECK(json["sms"]["twilio"]["auth_token"][0] == nlohmann::json{{"secret", "env_a/token"}, {"there", true}});
  CHECK(json["sms"]["code_ttl"] == "10m");
  CHECK(json["mfa"]["policy"] == "off");
  CHECK(json["source"] == (dir.path() / "settings/env_a.yaml").string());
  CHECK(json["origins"]["sms.twilio.source"] == (dir.path() / "settings/env_a.yaml:8").string());
  CHECK(json["origins"]["sms.code_ttl"] == "default");
  CHECK(json["origins"]["connection_id"] == "derived");
  REQUIRE(json["warnings"].size() == 2);  // no fallback, and nobody signs in
  CHECK(json["warnings"][0]["key"] == "sms.fallback");
  CHECK(json["warnings"][0]["line"] == 3);
  CHECK_FALSE(json["warnings"][0]["advice"].get<std::string>().empty());
  CHECK_FALSE(json.contains("allowance"));  // it has an account of its own

  CHECK(run({"settings", "show", "env_b", "--config", file}).code == 1);
  const auto unknown = run({"settings", "show", "env_c", "--config", file});
  CHECK(unknown.code == 1);
  CHECK(unknown.err.find("there are: env_a\n") != std::string::npos);
  std::filesystem::remove(dir.path() / "settings/env_a.yaml");
  CHECK(run({"settings", "show", "env_c", "--config", file}).err.find("there is none\n") != std::string::npos);
  dir.write("settings/env_a.yaml", document);
  CHECK(run({"settings", "show", "env_a", "--config", "/nowhere"}).code == 2);
}

TEST_CASE("settings show goes without Redis, and says so; what is used does not") {
  const testing::temporary_directory dir;
  dir.write("settings/env_a.yaml", "environment_id: env_a\napplications: [app_web]\nsms: {default_country: AU}\n");
  dir.write("secrets/keys/codes", "x");
  dir.write("secrets/keys/subjects", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=");
  dir.write("worker.yaml",
            "kafka: {properties: {bootstrap.servers: a}}\nredis: {url: \"redis://127.0.0.1:1\"}\n"
            "settings: {directory: settings}\nsecrets: {directory: secrets}\n");
  const auto file = (dir.path() / "worker.yaml").string();
  const auto shown = run({"settings", "show", "env_a", "--config", file});
  CHECK(shown.code == 0);
  CHECK(shown.out.find("environment_id: \"env_a\"") != std::string::npos);
  CHECK(shown.out.find("allowance") == std::string::npos);
  CHECK(shown.err.starts_with(
      "sendcode settings show: what is left of the allowance cannot be told: Redis at 127.0.0.1:1: "));

  const auto usage = run({"settings", "show", "env_a", "--config", file, "--usage"});
  CHECK(usage.code == 3);
  CHECK(usage.out.empty());
  CHECK(usage.err.find("what is used cannot be told") != std::string::npos);
  CHECK(run({"settings", "show", "env_a", "--config", file, "--usage", "--phone", "hello"}).code == 2);
  CHECK(run({"settings", "show", "env_a", "--config", file, "--phone", "+61491570006"}).code == 2);
}

TEST_CASE("settings validate warns of what is valid and may not be wanted, and still exits 0") {
  const testing::temporary_directory dir;
  dir.write("settings/env_a.yaml", std::string(document) + "  allowed_countries: \"*\"\n  fallback: kinde\n" +
                                       "authentication: {phone: {applications: [app_web]}}\n");
  dir.write("secrets/other", "x");
  const auto settings = (dir.path() / "settings").string();
  const auto told = run({"settings", "validate", settings});
  CHECK(told.code == 0);
  INFO(told.out);
  CHECK(told.out.find("env_a.yaml: valid\n") != std::string::npos);
  CHECK(told.out.find("env_a.yaml:10: warning: sms.allowed_countries: every country is texted") != std::string::npos);
  CHECK(told.out.find("env_a.yaml:8: warning: sms.twilio.source: one number texts several") != std::string::npos);
  CHECK(told.out.find("secret") == std::string::npos);  // nobody said where they are

  const auto secrets = (dir.path() / "secrets").string();
  const auto json = nlohmann::json::parse(run({"--json", "settings", "validate", settings, "--secrets", secrets}).out);
  CHECK(json["valid"] == true);
  REQUIRE(json["warnings"].size() == 3);
  CHECK(json["warnings"][2]["key"] == "sms.twilio.auth_token");
  CHECK(json["warnings"][2]["line"] == 7);
  CHECK(json["warnings"][2]["what"] == "the secret env_a/token is not there: its events are held");
}

TEST_CASE("send says whom it must be told of, which countries there are, and what a file leaves no room for") {
  const testing::temporary_directory dir;
  dir.write("events.jsonl", "{}\n");
  const auto nobody = run({"send", "--environment", "env_a"});
  CHECK(nobody.code == 2);
  CHECK(nobody.err.find("--phone, --environment and --application, or --file") != std::string::npos);
  const auto country = run({"send", "--phone", "0491570006", "--country", "Australia"});
  CHECK(country.code == 2);
  CHECK(country.err.find("ISO 3166-1") != std::string::npos);
  const auto file = (dir.path() / "events.jsonl").string();
  for (const std::string option : {"--locale", "--purpose", "--id", "--phone"}) {
    const auto* value = option == "--purpose" ? "mfa" : "de";
    const auto both = run({"send", "--file", file, option, value});
    CAPTURE(option);
    CHECK(both.code == 2);
    CHECK(both.err.find(option) != std::string::npos);
  }
}

TEST_CASE("an event without an environment is told so") {
  const testing::temporary_directory dir;
  dir.write("secrets/keys/codes", "x");
  dir.write("secrets/keys/subjects", "x");
  dir.write("worker.yaml",
            "kafka: {properties: {bootstrap.servers: a}}\nredis: {url: redis://h}\nsettings: {topic: true}\n"
            "secrets: {directory: secrets}\n");
  const auto told = run({"send", "--config", (dir.path() / "worker.yaml").string(), "--phone", "+61491570006"});
  CHECK(told.code == 2);
  CHECK(told.err.find("environment_id is missing") != std::string::npos);
}

TEST_CASE("watch takes no number that it would understand as another") {
  for (const std::string option : {"--timeout", "--count"}) {
    for (const std::string value : {"-1", "99999999999999999", "2.5", "ten"}) {
      CAPTURE(option, value);
      const auto told = run({"watch", "--config", "/nowhere", option, value});
      CHECK(told.code == 2);
      CHECK(told.err.find(option) != std::string::npos);
    }
  }
}

TEST_CASE("every command helps with an example") {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"send"},
                                                                                       {"watch"},
                                                                                       {"keys"},
                                                                                       {"keys", "new"},
                                                                                       {"keys", "add"},
                                                                                       {"tokens"},
                                                                                       {"tokens", "new"},
                                                                                       {"settings"},
                                                                                       {"settings", "validate"},
                                                                                       {"settings", "show"},
                                                                                       {"settings", "apply"},
                                                                                       {"settings", "delete"},
                                                                                       {"dead-letters"},
                                                                                       {"dead-letters", "list"},
                                                                                       {"dead-letters", "show"},
                                                                                       {"dead-letters", "replay"}}) {
    auto arguments = command;
    arguments.emplace_back("--help");
    const auto help = run(arguments);
    CHECK(help.code == 0);
    CHECK(help.out.find("  sendcode " + command[0]) != std::string::npos);
  }
}
