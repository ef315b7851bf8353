#include "worker/adapters/settings/settings_topic.hpp"

#include "common/logging.hpp"
#include "tests/catch.hpp"
#include "tests/fakes/fake_document_log.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"

using namespace sendcode;

namespace {

std::string document(const std::string& environment, const std::string& country, const std::string& more = "") {
  return R"({"environment_id":")" + environment + R"(","applications":["app"],"sms":{"default_country":")" + country +
         '"' + more + "}}";
}

std::string with_token(const std::string& environment, const std::string& secret) {
  return document(environment, "AU",
                  R"(,"twilio":{"account_sid":"AC0123456789abcdef0123456789abcdef","auth_token":{"secret":")" + secret +
                      R"("},"source":"phone_number","phone_number":"+61491570006"})");
}

struct fixture {
  testing::temporary_directory dir;
  config::secrets_directory secrets{dir.path() / "secrets"};
  tests::fake_document_log* log = new tests::fake_document_log;  // owned by `settings`
  adapters::settings_topic settings{std::unique_ptr<ports::document_log>(log), "sms.settings", secrets};
};

}  // namespace

TEST_CASE("nothing is in force until all that stood on the topic has come") {
  fixture here;
  CHECK(here.settings.poll() == nullptr);
  here.log->begin();
  here.log->put("env_a", document("env_a", "AU"));
  CHECK(here.settings.poll() == nullptr);
  here.log->put("env_b", document("env_b", "NZ"));
  here.log->whole();
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->current);
  CHECK(now->environments.size() == 2);
  CHECK(now->broken.empty());
  CHECK(here.settings.poll() == nullptr);
}

TEST_CASE("an empty topic is known to be empty") {
  fixture here;
  here.log->begin();
  here.log->whole();
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->current);
  CHECK(now->environments.empty());
}

TEST_CASE("the last document of a key is in force, and what comes later follows") {
  fixture here;
  here.log->begin();
  here.log->put("env_a", document("env_a", "AU"));
  here.log->put("env_a", document("env_a", "NZ"));
  here.log->whole();
  const auto before = here.settings.poll();
  REQUIRE(before != nullptr);
  CHECK(before->find("env_a")->sms.default_country == "NZ");
  here.log->put("env_a", document("env_a", "FJ"));
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.default_country == "FJ");
  CHECK(before->find("env_a")->sms.default_country == "NZ");
}

TEST_CASE("a null value deletes, and a document that comes again is taken again") {
  fixture here;
  here.log->begin();
  here.log->put("env_a", document("env_a", "AU"));
  here.log->put("env_b", "broken");
  here.log->whole();
  REQUIRE(here.settings.poll() != nullptr);
  here.log->put("env_a", std::nullopt);
  here.log->put("env_b", std::nullopt);
  here.log->put("env_c", std::nullopt);  // never was there
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a") == nullptr);
  CHECK_FALSE(now->is_broken("env_a"));
  CHECK_FALSE(now->is_broken("env_b"));
  here.log->put("env_a", document("env_a", "AU"));
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a") != nullptr);
}

TEST_CASE("a document on the topic that does not validate leaves the last good one in force") {
  fixture here;
  here.log->begin();
  here.log->put("env_a", document("env_a", "AU"));
  here.log->whole();
  REQUIRE(here.settings.poll() != nullptr);
  here.log->put("env_a", document("env_a", "australia"));
  CHECK(here.settings.poll() == nullptr);
  here.log->put("env_b", document("env_b", "NZ"));
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.default_country == "AU");
  CHECK_FALSE(now->is_broken("env_a"));
}

TEST_CASE("a document on the topic that never was valid leaves its environment broken, not unknown, and others alone") {
  const std::string padded = document("env_d", "AU") + std::string(64 * 1024, ' ');
  fixture here;
  here.log->begin();
  here.log->put("env_a", "{");
  here.log->put("env_b", document("env_a", "AU"));  // not the record's key
  here.log->put("env_c", document("env_c", "AU"));
  here.log->put("env_d", padded);
  here.log->put("env_e", padded.substr(0, 64 * 1024));  // as large as may be, but env_d's
  here.log->put("env_f", document("env_f", "AU") + std::string(64 * 1024 - document("env_f", "AU").size(), ' '));
  here.log->put("env_g", "");
  here.log->put("env_h", with_token("env_h", "env_a/token"));  // another environment's secret
  here.log->whole();
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->broken == std::vector<std::string>{"env_a", "env_b", "env_d", "env_e", "env_g", "env_h"});
  CHECK(now->find("env_c") != nullptr);
  CHECK(now->find("env_f") != nullptr);
}

TEST_CASE("a record whose key is no environment id is left out") {
  fixture here;
  here.log->begin();
  here.log->put(std::nullopt, document("env_a", "AU"));
  here.log->put("", document("env_a", "AU"));
  here.log->put("env a", document("env_a", "AU"));
  here.log->put("../env_a", std::nullopt);
  here.log->whole();
  const auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->environments.empty());
  CHECK(now->broken.empty());
}

TEST_CASE("the secrets that the topic's documents name are read, and read again when they rotate") {
  fixture here;
  here.log->begin();
  here.log->put("env_a", with_token("env_a", "env_a/token"));
  here.log->whole();
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->missing_secret() == "env_a/token");
  here.dir.write("secrets/env_a/token", "one");
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.twilio->auth_tokens[0].value->expose() == "one");
  CHECK(here.settings.poll() == nullptr);
  here.dir.write("secrets/env_a/token", "two");
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a")->sms.twilio->auth_tokens[0].value->expose() == "two");
}

TEST_CASE("reading that starts over keeps what is in force until the end, and then drops what no longer stands there") {
  fixture here;
  here.log->begin();
  here.log->put("env_a", document("env_a", "AU"));
  here.log->put("env_b", document("env_b", "AU"));
  here.log->whole();
  REQUIRE(here.settings.poll() != nullptr);
  here.log->begin();
  here.log->put("env_b", document("env_b", "NZ"));
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a") != nullptr);
  CHECK(now->find("env_b")->sms.default_country == "NZ");
  here.log->whole();
  now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->find("env_a") == nullptr);
  CHECK(now->find("env_b") != nullptr);
}

TEST_CASE("more than 10,000 environments on the topic are not taken, and those that are there go on") {
  log::set_up(log::level::warn, log::format::text);  // a line for each would be too many
  fixture here;
  here.log->begin();
  for (std::size_t i = 0; i <= adapters::documents_max; ++i) {
    here.log->put("env_" + std::to_string(i), document("env_" + std::to_string(i), "AU"));
  }
  here.log->put("env_0", document("env_0", "NZ"));
  here.log->whole();
  auto now = here.settings.poll();
  REQUIRE(now != nullptr);
  CHECK(now->environments.size() == adapters::documents_max);
  CHECK(now->find("env_" + std::to_string(adapters::documents_max)) == nullptr);
  CHECK(now->find("env_0")->sms.default_country == "NZ");
}
