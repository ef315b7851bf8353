// `sendcode doctor` on the real servers.
#include <algorithm>

#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"
#include "tests/integration/redis/groups.hpp"

using namespace sendcode::e2e;

namespace {

environment_variables listening_at(std::uint16_t port) {
  return {{"SENDCODE_HTTP__INTERNAL__LISTEN", "127.0.0.1:" + std::to_string(port)}};
}

run_result examine(const world& with, const std::string& more = "", const environment_variables& changes = {}) {
  std::vector<std::string> words = {"doctor", "--config", (with.folder.path() / "worker.yaml").string()};
  if (!more.empty()) words.push_back(more);
  auto all = changes;
  const auto listens = listening_at(sendcode::redis_tests::free_port()).front();  // others may run a worker as usual
  const auto is_said = [&](const auto& each) { return each.first == listens.first; };
  if (std::ranges::none_of(changes, is_said)) all.push_back(listens);
  return sendcode_run(with, words, all);
}

}  // namespace

TEST_CASE("doctor finds all well where it is, and says what to do where it is not") {
  world with({.live = {.api_key = true}, .bootstrap = shared_kafka()});
  sendcode::tests::cluster kafka(shared_kafka());
  kafka.create(with.status_topic, 1, {{"retention.ms", "2592000000"}});
  kafka.create(with.dead_letter_topic, 1, {{"retention.ms", "604800000"}});
  const auto missing = examine(with);
  INFO(missing.output);
  CHECK(missing.exit_code == 1);
  CHECK(holds(missing, "wrong        topic " + with.send_code_topic));
  CHECK(holds(missing, "create it"));

  kafka.create(with.send_code_topic, 4, {{"retention.ms", "259200000"}});
  const auto well = examine(with);
  INFO(well.output);
  CHECK(well.exit_code == 0);
  for (const auto* part :
       {"kept for 3d", "kept for 30d", "maxmemory-policy noeviction", "clock ", "version 7.",
        "ok           redis persistence                    appends to a file", "min.insync.replicas 1",
        "twilio account of env_live           active", "twilio API key of env_live           takes requests",
        "twilio source of env_live            messaging service MG0123456789abcdef0123456789abcdef is there",
        "kinde sender                         gives a token", "key ring keys/codes                  key key-1 signs",
        "API tokens                           1, none",
        "secrets of env_live                  readable: env_live/twilio", "ok           port of http.internal"}) {
    INFO(part);
    CHECK(holds(well, part));
  }
  CHECK_FALSE(holds(well, "wrong"));

  with.write_secret("env_live/twilio_auth_token", "another");
  const auto refused = examine(with, "--json");
  CHECK(refused.exit_code == 1);
  CHECK(holds(refused, R"({"state":"wrong","about":"twilio account of env_live","detail":"HTTP 401")"));
}

TEST_CASE("doctor says what it cannot reach, and goes on with the rest") {
  world with;
  with.redis.stop();
  const auto told = examine(with);
  INFO(told.output);
  CHECK(told.exit_code == 3);
  CHECK(holds(told, "unreachable  redis"));
  CHECK(holds(told, "twilio account of env_live           active"));
  with.redis.start();
}

TEST_CASE("doctor asks every master of a cluster, and names each") {
  world with;
  sendcode::redis_tests::cluster_group group(3);
  const environment_variables on_cluster{{"SENDCODE_REDIS__URL", group.url()}};
  const auto of = [&](std::size_t i) { return " of 127.0.0.1:" + std::to_string(group.node(i).port()); };
  sendcode::redis_tests::raw_client(group.node(1).port())
      .command({"CONFIG", "SET", "maxmemory-policy", "volatile-lru"});
  group.node(2).stop();
  const auto told = examine(with, "", on_cluster);
  INFO(told.output);
  CHECK(told.exit_code == 3);
  CHECK(holds(told, "ok           redis" + of(0)));
  CHECK(holds(told, "warning      redis memory" + of(0)));  // without maxmemory
  CHECK(holds(told, "ok           clock" + of(0)));
  CHECK(holds(told, "wrong        redis" + of(1)));
  CHECK(holds(told, "unreachable  redis" + of(2)));
}

TEST_CASE("doctor finds sources that the account doesn't have, and secrets that are missing") {
  world with({.live = {.source = "phone_number"}});
  auto document = settings{.source = "phone_number"}.document();
  const std::string number = "+15005550006";
  document.replace(document.find(number), number.size(), "+15005550007");
  write_file(with.folder.path() / "settings" / "env_live.yaml", document);
  auto other = settings{.environment = "env_other", .account = settings::other_account}.document();
  const std::string service = "MG0123456789abcdef0123456789abcdef";
  other.replace(other.find(service), service.size(), "MG00000000000000000000000000000404");
  write_file(with.folder.path() / "settings" / "env_other.yaml", other);
  with.write_secret("env_other/twilio_auth_token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  write_file(with.folder.path() / "settings" / "env_bare.yaml", settings{.environment = "env_bare"}.document());

  const auto told = examine(with);
  INFO(told.output);
  CHECK(told.exit_code == 1);
  CHECK(holds(told, "wrong        twilio source of env_live            the account has no "));
  CHECK_FALSE(holds(told, "15005550007"));
  CHECK(holds(
      told, "wrong        twilio source of env_other           the account has no MG00000000000000000000000000000404"));
  CHECK(holds(told, "wrong        secret env_bare/twilio_auth_token    "));
  CHECK(holds(told, "put it into " + with.secret_path("env_bare/twilio_auth_token").string()));
}

TEST_CASE("doctor knows a worker's port from another program's") {
  world with;
  auto& worker = with.start_worker();
  with.send_and_wait(with.make_event(phone_number(1)));  // by then it listens
  const auto ours = examine(with, "", listening_at(worker.port()));
  INFO(ours.output);
  CHECK(holds(ours, "is a worker's, which is alive"));
  const auto redis = examine(with, "", listening_at(with.redis.port()));
  CHECK(holds(redis, "unknown      port of http.internal"));
}

TEST_CASE("doctor names the slots of a cluster that no master serves") {
  world with;
  sendcode::redis_tests::cluster_group group(3);
  sendcode::redis_tests::raw_client first(group.node(0).port());
  first.command({"CLUSTER", "DELSLOTS", "0", "1", "2"});
  const auto told = examine(with, "", {{"SENDCODE_REDIS__URL", group.url()}});
  INFO(told.output);
  CHECK(holds(told, "wrong        redis cluster                        no master serves the slots 0-2"));
}
