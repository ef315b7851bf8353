// `sendcode doctor` on the real servers.
#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"
#include "tests/integration/redis/groups.hpp"

using namespace sendcode::e2e;

namespace {

run_result examine(const world& with, const std::string& more = "", const environment_variables& changes = {}) {
  std::vector<std::string> words = {"doctor", "--config", (with.folder.path() / "worker.yaml").string()};
  if (!more.empty()) words.push_back(more);
  return sendcode_run(with, words, changes);
}

bool holds(const run_result& result, const std::string& part) {
  return result.output.find(part) != std::string::npos;
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
       {"kept for 3d", "kept for 30d", "maxmemory-policy noeviction", "clock ",
        "twilio account of env_live           active", "twilio API key of env_live           takes requests",
        "kinde sender                         gives a token"}) {
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
  CHECK(holds(told, "ok           redis memory" + of(0)));
  CHECK(holds(told, "ok           clock" + of(0)));
  CHECK(holds(told, "wrong        redis" + of(1)));
  CHECK(holds(told, "unreachable  redis" + of(2)));
}
