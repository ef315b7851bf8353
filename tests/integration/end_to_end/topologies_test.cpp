// Sentinel and Cluster under the real worker: promises 2, 5 and 6.
#include "tests/integration/end_to_end/world.hpp"
#include "tests/integration/redis/groups.hpp"

using namespace sendcode::e2e;
using sendcode::redis_tests::cluster_group;
using sendcode::redis_tests::redis_server;
using sendcode::redis_tests::sentinel_group;

TEST_CASE("a failover by sentinels defers, loses nothing and texts nobody twice") {
  sentinel_group group(1);
  const auto old = group.master().port();
  world with;
  auto& worker = with.start_worker({{"SENDCODE_REDIS__URL", group.url()}, {"SENDCODE_REDIS__REPLICAS_MIN", "1"}});
  with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 50}});
  const auto events = with.load(0, 200);
  REQUIRE(eventually([&] { return with.senders.texts() >= 40; }, patience));
  group.master().stop();
  CHECK(worker.says("Redis cannot be used: intake waits for it"));
  REQUIRE(eventually([&] { return group.master_now() != old; }, patience));
  redis_server fresh({"--replicaof", "127.0.0.1 " + std::to_string(group.master_now())});
  CHECK(worker.says("Redis is back"));
  with.require_one_text_each(events);
  CHECK(worker.running());
}

TEST_CASE("on a cluster, codes of environments on each master are sent and checked") {
  cluster_group group(2);
  const auto other = group.environment_on(0);
  world with;
  with.write_settings({.environment = other});
  with.write_secret(other + "/twilio_auth_token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  auto& worker = with.start_worker({{"SENDCODE_REDIS__URL", group.url()}});
  const auto first = with.make_event(phone_number(1), {{"environment_id", other}});
  const auto second = with.make_event(phone_number(2));
  for (const auto& event : {first, second}) {
    CHECK(with.send_and_wait(event)["status"] == "sent");
    const auto codes = with.codes_on(event.phone());
    REQUIRE(codes.size() == 1);
    CHECK(with.check(worker, event, codes.front())["status"] == "approved");
  }
  // env_live's slot is in the second half.
  CHECK_FALSE(sendcode::redis_tests::raw_client(group.node(0).port()).keys().empty());
  CHECK_FALSE(sendcode::redis_tests::raw_client(group.node(1).port()).keys().empty());
}
