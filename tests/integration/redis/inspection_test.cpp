#include "worker/adapters/redis/inspection.hpp"

#include <map>

#include "tests/catch.hpp"
#include "tests/integration/redis/admissions.hpp"
#include "tests/integration/redis/connected.hpp"
#include "tests/integration/redis/secured.hpp"

using namespace sendcode;
using namespace sendcode::redis_tests;

namespace {

redis::redis_states inspect_whole(redis_options options) {
  boost::asio::io_context io;
  auto out = run(io, redis::inspect(io.get_executor(), std::move(options)));
  io.restart();
  io.run_for(milliseconds{100});
  return out;
}

std::vector<redis::redis_state> inspect_all(redis_options options) {
  return inspect_whole(std::move(options)).masters;
}

redis::redis_state inspect(redis_options options) {
  auto all = inspect_all(std::move(options));
  REQUIRE(all.size() == 1);
  return all.front();
}

}  // namespace

TEST_CASE("a Redis tells its clock, its memory and its policy") {
  redis_server server({"--maxmemory", "100mb"});
  const auto state = inspect(options_for(server.port()));
  INFO(state.error);
  REQUIRE(state.error.empty());
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  CHECK(state.address == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(std::chrono::abs(now - state.now) < seconds{5});
  CHECK(std::chrono::abs(now - state.asked_at) < seconds{5});
  CHECK(state.latency.count() > 0);
  CHECK(state.memory_policy == "noeviction");
  CHECK(state.most_bytes == 100 * 1024 * 1024);
  CHECK(state.used_bytes.value_or(0) > 0);
  CHECK(state.version.starts_with("7."));
  CHECK(state.replicas == 0);
  CHECK(state.latency_worst >= state.latency);
  CHECK(state.appends == false);
  CHECK(state.takes_snapshots == false);
}

TEST_CASE("a Redis tells what it keeps beyond a restart, and how many follow it") {
  redis_server server({"--appendonly", "yes", "--save", "60 1"});
  redis_server replica({"--replicaof", "127.0.0.1 " + std::to_string(server.port())});
  wait_until([&] { return inspect(options_for(server.port())).replicas == 1; });
  const auto state = inspect(options_for(server.port()));
  CHECK(state.appends == true);
  CHECK(state.append_status == "ok");
  CHECK(state.takes_snapshots == true);
}

TEST_CASE("what a user may not ask is unknown, and the rest is told") {
  redis_server server({"--user", "narrow", "on", ">pass", "~*", "+@all", "-info", "-config"});
  auto options = options_for(server.port());
  options.username = "narrow";
  options.password = password("pass");
  const auto state = inspect(options);
  INFO(state.error);
  REQUIRE(state.error.empty());
  CHECK(state.memory_policy.empty());
  CHECK_FALSE(state.used_bytes.has_value());
  CHECK(state.version.empty());
  CHECK_FALSE(state.appends.has_value());
  CHECK_FALSE(state.takes_snapshots.has_value());
  CHECK(state.now > timestamp{});
}

TEST_CASE("a Redis that is not there, refuses, or is a replica says why") {
  CHECK(contains(inspect(options_for(free_port())).error, "refused"));
  redis_server guarded({"--requirepass", "right"});
  CHECK(contains(inspect(options_for(guarded.port())).error, "password"));
  redis_server master;
  redis_server replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  CHECK(contains(inspect(options_for(replica.port())).error, "is a replica"));
}

TEST_CASE("each of a cluster's masters is asked, one that is gone too, though one node alone was named") {
  cluster_group group(3, 1);
  raw_client(group.node(1).port()).command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  auto options = options_for(group);
  options.seeds.resize(1);
  const auto by_address = [&] {
    std::map<std::string, redis::redis_state> out;
    for (auto& each : inspect_all(options)) out.emplace(each.address, std::move(each));
    return out;
  };
  const auto address = [&](std::size_t i) { return "127.0.0.1:" + std::to_string(group.node(i).port()); };
  const auto well = by_address();
  REQUIRE(well.size() == 3);  // the replica is none
  for (std::size_t i = 0; i < 3; ++i) {
    INFO(i);
    CHECK(well.at(address(i)).error.empty());
    CHECK(well.at(address(i)).memory_policy == (i == 1 ? "allkeys-lru" : "noeviction"));
    CHECK(well.at(address(i)).now > timestamp{});
  }

  group.node(2).stop();  // it has no replica
  const auto broken = by_address();
  REQUIRE(broken.size() == 3);
  CHECK(broken.at(address(0)).error.empty());
  CHECK(broken.at(address(1)).error.empty());
  CHECK(contains(broken.at(address(2)).error, "refused"));
}

TEST_CASE("a cluster that no node tells of says why") {
  redis_server alone;
  auto options = options_for(alone.port());
  options.mode = redis::redis_mode::cluster;
  options.seeds = {options.address};
  CHECK(contains(inspect(options).error, "cluster"));
}

TEST_CASE("slots of a cluster that nobody serves are told as ranges") {
  cluster_group group(3);
  const auto whole = inspect_whole(options_for(group));
  CHECK(whole.is_whole == true);
  CHECK(whole.without_master.empty());
  raw_client first(group.node(0).port());
  first.command({"CLUSTER", "DELSLOTS", "0", "1", "2", "7"});
  const auto holed = inspect_whole(options_for(group));
  CHECK(holed.is_whole == false);
  CHECK(holed.without_master == std::vector<redis::slot_range>{{0, 2}, {7, 7}});
  redis_server alone;
  CHECK_FALSE(inspect_whole(options_for(alone.port())).is_whole.has_value());
}
