#include "worker/app/commands/doctor_secrets.hpp"

#include <filesystem>

#include "tests/catch.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"

using namespace sendcode;
using state = app::finding::state;
using std::filesystem::perms;

TEST_CASE("a secret is looked at with the folders above it: who else may read it, and change it") {
  const testing::temporary_directory dir;
  dir.write("secrets/env/token", "x");
  const auto file = dir.path() / "secrets/env/token";
  const config::secrets_directory secrets(dir.path() / "secrets");
  const auto look = [&] { return app::look_at_secret(secrets, "env/token"); };
  for (auto folder = file.parent_path(); folder != dir.path().parent_path(); folder = folder.parent_path()) {
    std::filesystem::permissions(folder, perms(0755));
  }
  std::filesystem::permissions(file, perms(0640));
  CHECK_FALSE(look().error.has_value());
  CHECK_FALSE(look().read_by_all);
  std::filesystem::permissions(file, perms(0644));
  CHECK(look().read_by_all);
  CHECK_FALSE(look().written_by_all);
  std::filesystem::permissions(file, perms(0602));
  CHECK(look().written_by_all);
  std::filesystem::permissions(file, perms(0646));
  std::filesystem::permissions(dir.path() / "secrets", perms(0750));  // shut to others: nobody comes by
  CHECK_FALSE(look().read_by_all);
  CHECK_FALSE(look().written_by_all);
  CHECK(app::look_at_secret(secrets, "env/none").error == config::file_error::missing);
}

TEST_CASE("every secret that worker.yaml names is looked at, those among Kafka's properties too") {
  const testing::temporary_directory dir;
  config::worker_config worker;
  worker.secrets_directory = dir.path();
  worker.keys.codes.name = "keys/codes";
  worker.keys.subjects.name = "keys/subjects";
  worker.kafka.secrets = {"kafka/password"};
  worker.redis.password = config::named_secret{"redis/password", nullptr};
  worker.internal_http.tokens = config::named_secret{"api_tokens", nullptr};
  worker.kinde.emplace().client_secret.name = "kinde/secret";
  std::vector<std::string> missing;
  app::examine_secrets(worker, nullptr, [&](const app::finding& found) {
    CHECK(found.is == state::wrong);
    missing.push_back(found.about);
  });
  CHECK(missing == std::vector<std::string>{"secret keys/codes", "secret keys/subjects", "secret kafka/password",
                                            "secret redis/password", "secret kinde/secret", "secret api_tokens"});
}

TEST_CASE("secrets are told by owner, and each that is missing or open to everybody by itself") {
  const auto found = app::judge_secrets(
      "env_live", {{.name = "a", .file = "/s/a", .error = {}},
                   {.name = "b", .file = "/s/b", .error = config::file_error::missing},
                   {.name = "c", .file = "/s/c", .error = {}, .read_by_all = true},
                   {.name = "d", .file = "/s/d", .error = {}, .read_by_all = true, .written_by_all = true}});
  REQUIRE(found.size() == 4);
  CHECK(found[0].about == "secrets of env_live");
  CHECK(found[0].detail == "readable: a, c, d");
  CHECK(found[0].is == state::ok);
  CHECK(found[1].about == "secret b");
  CHECK(found[1].is == state::wrong);
  CHECK(found[1].advice == "put it into /s/b");
  CHECK(found[2].about == "secret c");
  CHECK(found[2].is == state::warning);
  CHECK(found[2].advice.find("chmod o= /s/c") == 0);
  CHECK(found[3].is == state::wrong);
  CHECK(found[3].detail == "every user of this machine may change it");
}
