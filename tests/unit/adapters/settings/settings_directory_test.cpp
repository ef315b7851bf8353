#include "worker/adapters/settings/settings_directory.hpp"

#include "tests/catch.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"

using namespace sendcode;

namespace {

std::string document(std::string_view environment, std::string_view country) {
  return "environment_id: " + std::string(environment) +
         "\napplications: [app]\nsms:\n  default_country: " + std::string(country) + "\n";
}

std::string with_twilio(std::string_view environment) {
  return document(environment, "AU") +
         "  twilio:\n    account_sid: AC0123456789abcdef0123456789abcdef\n    auth_token: {secret: " +
         std::string(environment) +
         "/token}\n    source: phone_number\n    phone_number: \"+61491570006\"\n"
         "  test_numbers: [{phone_number: \"+12025550123\", code: {secret: " +
         std::string(environment) + "/code}}]\n";
}

struct fixture {
  testing::temporary_directory dir;
  config::secrets_directory secrets{dir.path() / "secrets"};
  adapters::settings_directory settings{dir.path() / "settings", secrets};

  fixture() { std::filesystem::create_directories(dir.path() / "settings"); }
};

}  // namespace

TEST_CASE("the first look gives a snapshot, the next one nothing until a file changes") {
  fixture here;
  here.dir.write("settings/env_a.yaml", document("env_a", "AU"));
  here.dir.write("settings/env_b.yaml", document("env_b", "NZ"));
  here.dir.write("settings/.env_c.yaml.swp", "x");
  here.dir.write("settings/.hidden.yaml", "x");
  here.dir.write("settings/README.md", "x");
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->current);
  CHECK(now->environments.size() == 2);
  CHECK(now->broken.empty());
  CHECK(now->find("env_b")->sms.default_country == "NZ");
  CHECK(here.settings.poll() == nullptr);

  here.dir.write("settings/env_b.yaml", document("env_b", "FJ"));  // of the same size
  const auto before = now;
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_b")->sms.default_country == "FJ");
  CHECK(before->find("env_b")->sms.default_country == "NZ");
  CHECK(now->find("env_a") == before->find("env_a"));  // untouched
  CHECK(here.settings.poll() == nullptr);
}

TEST_CASE("an empty settings directory is known to be empty") {
  fixture here;
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->current);
  CHECK(now->environments.empty());
  CHECK(here.settings.poll() == nullptr);
}

TEST_CASE("while the settings directory is not there, nothing is known") {
  fixture here;
  here.dir.remove("settings");
  CHECK(here.settings.poll() == nullptr);
  CHECK(here.settings.poll() == nullptr);
  here.dir.write("settings/env_a.yaml", document("env_a", "AU"));
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a") != nullptr);
  here.dir.remove("settings");
  CHECK(here.settings.poll() == nullptr);  // what was in force stays
}

TEST_CASE("a document that does not validate leaves the last good one in force") {
  fixture here;
  here.dir.write("settings/env_a.yaml", document("env_a", "AU"));
  REQUIRE(here.settings.poll() != nullptr);
  here.dir.write("settings/env_a.yaml", document("env_a", "australia"));
  auto now = here.settings.poll();
  if (now != nullptr) {
    CHECK(now->find("env_a")->sms.default_country == "AU");
    CHECK_FALSE(now->is_broken("env_a"));
  }
  CHECK(here.settings.poll() == nullptr);
  here.dir.write("settings/env_a.yaml", document("env_a", "NZ"));
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.default_country == "NZ");
}

TEST_CASE("a document that was never valid leaves its environment broken, not unknown, and others alone") {
  fixture here;
  here.dir.write("settings/env_a.yaml", "environment_id: [");
  here.dir.write("settings/env_b.yaml", document("env_a", "AU"));  // not what the file is called
  here.dir.write("settings/env_c.yaml", document("env_c", "AU"));
  here.dir.write("settings/env_d.yaml", std::string(64 * 1024 + 1, '#'));
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->broken == std::vector<std::string>{"env_a", "env_b", "env_d"});
  CHECK(now->environments.size() == 1);
  CHECK(here.settings.poll() == nullptr);

  here.dir.write("settings/env_a.yaml", document("env_a", "AU"));
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK_FALSE(now->is_broken("env_a"));
  CHECK(now->find("env_a") != nullptr);
}

TEST_CASE("a file that is removed takes its environment with it") {
  fixture here;
  here.dir.write("settings/env_a.yaml", document("env_a", "AU"));
  here.dir.write("settings/env_b.yaml", "broken");
  REQUIRE(here.settings.poll() != nullptr);
  here.dir.remove("settings/env_a.yaml");
  here.dir.remove("settings/env_b.yaml");
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a") == nullptr);
  CHECK_FALSE(now->is_broken("env_b"));
}

TEST_CASE("secrets are read, missing ones are null, and rotation is seen") {
  fixture here;
  here.dir.write("settings/env_a.yaml", with_twilio("env_a"));
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  REQUIRE(now->find("env_a") != nullptr);
  CHECK(now->find("env_a")->missing_secret() == "env_a/token");
  CHECK(here.settings.poll() == nullptr);

  here.dir.write("secrets/env_a/token", "one\n");
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->missing_secret().empty());  // sending needs no code of a test number
  CHECK(now->find("env_a")->sms.test_numbers.at(0).code.value == nullptr);
  here.dir.write("secrets/env_a/code", "123456\n");
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.test_numbers.at(0).code.value != nullptr);
  CHECK(now->find("env_a")->sms.twilio->auth_tokens[0].value->expose() == "one");
  CHECK(now->find("env_a")->sms.test_numbers[0].code.value->expose() == "123456");
  CHECK(here.settings.poll() == nullptr);

  here.dir.write("secrets/env_a/token", "two\n");
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.twilio->auth_tokens[0].value->expose() == "two");
  here.dir.remove("secrets/env_a/token");
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->missing_secret() == "env_a/token");
}

TEST_CASE("a test number's code that is not six digits counts as missing") {
  fixture here;
  here.dir.write("settings/env_a.yaml", with_twilio("env_a"));
  here.dir.write("secrets/env_a/token", "one");
  for (const char* bad : {"12345", "1234567", "12345a", "abcdef"}) {
    here.dir.write("secrets/env_a/code", bad);
    const auto now = here.settings.poll();
    REQUIRE(now != nullptr);
    CHECK(now->find("env_a")->sms.test_numbers.at(0).code.value == nullptr);
  }
}

TEST_CASE("a secret that could not be read for a moment is taken up without any change of its file") {
  fixture here;
  here.dir.write("settings/env_a.yaml", with_twilio("env_a"));
  here.dir.write("secrets/env_a/token", "one");
  here.dir.write("secrets/env_a/code", "123456");
  {
    const testing::few_files one(1);  // enough for a document; a secret needs two
    const auto now = here.settings.poll();
    REQUIRE(now != nullptr);
    REQUIRE(now->find("env_a") != nullptr);
    CHECK(now->find("env_a")->missing_secret() == "env_a/token");
  }
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->missing_secret().empty());
  CHECK(here.settings.poll() == nullptr);
}

TEST_CASE("a document that cannot be read is broken until it can be") {
  fixture here;
  here.dir.link("/proc/self/mem", "settings/env_a.yaml");  // whose first byte is an I/O error
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->is_broken("env_a"));
  CHECK(here.settings.poll() == nullptr);
  here.dir.write("settings/env_a.yaml", document("env_a", "AU"));
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a") != nullptr);
}

TEST_CASE("a ConfigMap's swap of its data link is one change") {
  fixture here;
  here.dir.write("settings/..1/env_a.yaml", document("env_a", "AU"));
  here.dir.write("settings/..2/env_a.yaml", document("env_a", "NZ"));
  here.dir.link("..1", "settings/..data");
  here.dir.link("..data/env_a.yaml", "settings/env_a.yaml");
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->environments.size() == 1);
  here.dir.link("..2", "settings/..data_tmp");
  std::filesystem::rename(here.dir.path() / "settings/..data_tmp", here.dir.path() / "settings/..data");
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.default_country == "NZ");
  CHECK(here.settings.poll() == nullptr);
}
