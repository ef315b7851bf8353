#include "tests/integration/redis/admissions.hpp"
#include "tests/integration/redis/secured.hpp"
#include "worker/adapters/redis/errors.hpp"
#include "worker/adapters/redis/slot_map.hpp"

// redis+cluster://
namespace sendcode::redis_tests {

TEST_CASE("environments of every master are served, while a slot moves, and a script is not known") {
  cluster_group group(3);
  auto options = options_for(group);
  options.seeds.resize(1);  // one node tells of the others
  connected c(options);
  const std::string moving = group.environment_on(0);
  const auto slot = redis::key_slot(moving);

  for (std::size_t i = 0; i < 3; ++i) {
    admissions admits(c, group.environment_on(i), 100);
    admits.start();
    run_until(c.io, [&] { return admits.whole(); });
    CHECK(admits.outages() == 0);
    CHECK(admits.recorded(group.node(i).port()) == 100);
    CHECK(admits.charged(group.node(i).port()) == 100);
    CHECK(errors_of(group.node(i).port(), "MOVED") == 0);
  }

  auto event = any_event();
  event.environment_id = moving;
  REQUIRE(run(c.io, c.store.admit(event)).has_value());
  group.begin_to_move(slot, 0, 1);
  const auto renewal = fixture::renewal(event);
  CHECK(run(c.io, c.store.renew(renewal)).has_value());
  CHECK(errors_of(group.node(0).port(), "ASK") == 0);  // its keys are there still
  group.move_keys(slot, 0, 1);
  raw_client(group.node(1).port()).command({"SCRIPT", "FLUSH"});  // each node has its own scripts
  CHECK(run(c.io, c.store.renew(renewal)).has_value());
  CHECK(errors_of(group.node(0).port(), "ASK") > 0);
  CHECK(errors_of(group.node(1).port(), "NOSCRIPT") > 0);
  CHECK(errors_of(group.node(1).port(), "MOVED") == 0);  // it was told that we are ASKING

  // A new event has keys at neither: it is deferred until the slot has moved.
  admissions admits(c, moving, 400);
  const auto before = admits.recorded(group.node(1).port());
  admits.start();
  run_until(c.io, [&] { return errors_of(group.node(1).port(), "TRYAGAIN") > 10; });
  CHECK(admits.answered() == 0);
  group.end_move(slot, 0, 1);
  run_until(c.io, [&] { return admits.whole(); });
  CHECK(admits.outages() > 0);
  CHECK(errors_of(group.node(0).port(), "MOVED") > 0);
  CHECK(admits.recorded(group.node(1).port()) == before + 400);
  CHECK(admits.charged(group.node(1).port()) == before - 1 + 400);  // the first event had no limit
  CHECK(c.store.ready());

  // The map is known by now: nobody is asked in vain.
  const auto moved = errors_of(group.node(0).port(), "MOVED");
  admissions more(c, moving, 50);
  more.start();
  run_until(c.io, [&] { return more.whole(); });
  CHECK(errors_of(group.node(0).port(), "MOVED") == moved);
}

TEST_CASE("a master's end defers its own environments alone, until its replica has taken over") {
  cluster_group group(3, 1);
  auto options = options_for(group);
  options.replicas_min = 0;
  connected c(options);
  admissions on_first(c, group.environment_on(0), 4'000);
  on_first.start();
  run_until(c.io, [&] { return on_first.answered() > 200; });
  group.node(0).stop();
  REQUIRE_FALSE(on_first.whole());
  admissions on_second(c, group.environment_on(1), 200);
  on_second.start();
  run_until(c.io, [&] { return on_second.whole(); });
  CHECK(on_second.outages() == 0);
  CHECK_FALSE(c.heard.back());
  run_until(c.io, [&] { return on_first.whole() && c.store.ready(); }, seconds{20});
  CHECK(on_first.outages() > 0);
  CHECK(c.heard == std::vector<bool>{true, false, true});
  const auto promoted = group.node(3).port();
  CHECK(says(promoted, "replication", "role:master"));
  CHECK(on_first.charged(promoted) == on_first.recorded(promoted));
  CHECK(on_first.recorded(promoted) <= 4'000);
}

TEST_CASE("a cluster of one node with TLS, which does not know its host, takes the documented user") {
  const certificates made;
  const auto port = free_port();
  cluster_group group(1, 0,
                      {"--tls-port", std::to_string(port), "--tls-cert-file", made.file("server.crt"), "--tls-key-file",
                       made.file("server.key"), "--tls-ca-cert-file", made.file("ca.crt"), "--tls-auth-clients", "yes",
                       "--tls-cluster", "yes"});
  raw_client raw(group.node(0).port());
  const auto ranges = raw.command({"CLUSTER", "SLOTS"});
  REQUIRE(ranges.elements.at(0).elements.at(2).elements.at(0).text.empty());
  make_documented_user(raw);
  auto options = as_documented_user(options_for(group));
  options.seeds = {{"127.0.0.1", port, true}};
  options.tls.ca_file = made.file("ca.crt");
  {
    connected without(options);
    CHECK(contains(what_of(without.admit()), "no node tells the cluster's slots"));
  }
  options.tls.certificate = made.file("client.crt");
  options.tls.key = made.file("client.key");
  connected with(options);
  require_all_calls(with);
}

TEST_CASE("a Redis that is no cluster, and a cluster that redis.url does not call one, are outages that say so") {
  redis_server single;
  auto options = options_for(std::uint16_t{0});
  options.mode = redis::redis_mode::cluster;
  options.seeds = {{"127.0.0.1", single.port(), false}};
  connected c(options);
  CHECK(contains(what_of(c.admit()), "this Redis is no cluster"));
  CHECK(contains(redis::explain("MOVED 7 127.0.0.1:7001"), "redis+cluster://"));
}

}  // namespace sendcode::redis_tests
