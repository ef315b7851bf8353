#include "worker/adapters/redis/inspection.hpp"

#include "tests/catch.hpp"
#include "tests/integration/redis/connected.hpp"

using namespace sendcode;
using namespace sendcode::redis_tests;

namespace {

auto inspect(redis_options options) {
  boost::asio::io_context io;
  auto out = run(io, redis::inspect(io.get_executor(), std::move(options)));
  io.restart();
  io.run_for(milliseconds{100});
  return out;
}

}  // namespace

TEST_CASE("a Redis tells its clock, its memory and its policy") {
  redis_server server({"--maxmemory", "100mb"});
  const auto state = inspect(options_for(server.port()));
  REQUIRE(state.has_value());
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  CHECK(std::chrono::abs(now - state->now) < seconds{5});
  CHECK(state->memory_policy == "noeviction");
  CHECK(state->most_bytes == 100 * 1024 * 1024);
  CHECK(state->used_bytes.value_or(0) > 0);
}

TEST_CASE("what a user may not ask is unknown, and the rest is told") {
  redis_server server({"--user", "narrow", "on", ">pass", "~*", "+@all", "-info", "-config"});
  auto options = options_for(server.port());
  options.username = "narrow";
  options.password = password("pass");
  const auto state = inspect(options);
  REQUIRE(state.has_value());
  CHECK(state->memory_policy.empty());
  CHECK_FALSE(state->used_bytes.has_value());
  CHECK(state->now > timestamp{});
}

TEST_CASE("a Redis that is not there, refuses, or is a replica says why") {
  CHECK(contains(inspect(options_for(free_port())).error(), "refused"));
  redis_server guarded({"--requirepass", "right"});
  CHECK(contains(inspect(options_for(guarded.port())).error(), "password"));
  redis_server master;
  redis_server replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  CHECK(contains(inspect(options_for(replica.port())).error(), "is a replica"));
}
