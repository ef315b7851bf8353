#include <thread>

#include "tests/integration/redis/connected.hpp"
#include "worker/adapters/redis/scripts.hpp"

// The connection: time-outs, outages, and coming back.
namespace sendcode::redis_tests {

TEST_CASE("the first call waits for the first connection") {
  redis_server server;
  connected c(options_for(server.port()));
  CHECK_FALSE(c.store.ready());
  CHECK(c.admit().has_value());
  CHECK(c.heard == std::vector<bool>{true});
}

TEST_CASE("without a Redis, calls fail as outages after the first attempt, and go through once it is there") {
  redis_server server;
  server.stop();
  connected c(options_for(server.port()));
  CHECK_FALSE(c.admit().has_value());
  CHECK_FALSE(c.admit().has_value());
  CHECK(c.heard.empty());
  server.start();
  c.admit_in_the_end();
  CHECK(c.heard == std::vector<bool>{true});
}

TEST_CASE("a Redis that dies fails what is in flight, and the connection comes back by itself") {
  redis_server server;
  connected c(options_for(server.port()));
  REQUIRE(c.admit().has_value());
  server.stop();
  CHECK_FALSE(c.admit().has_value());
  CHECK(c.heard == std::vector<bool>{true, false});
  server.start();
  c.admit_in_the_end();
  CHECK(c.heard == std::vector<bool>{true, false, true});
}

TEST_CASE("a Redis that does not answer in time is an outage: all in flight fail, and later answers go nowhere") {
  redis_server server;
  auto options = options_for(server.port());
  options.timeout = milliseconds{100};
  connected c(options);
  c.admit_in_the_end();
  server.freeze();
  const auto began = std::chrono::steady_clock::now();
  std::vector<admit_result> results;
  std::vector<ports::admit_request> requests;
  for (int i = 0; i < 20; ++i) requests.push_back(any_event());
  for (const auto& request : requests) {
    boost::asio::co_spawn(c.io, c.store.admit(request),
                          [&](std::exception_ptr, admit_result result) { results.push_back(std::move(result)); });
  }
  run_until(c.io, [&] { return results.size() == requests.size(); });
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took >= milliseconds{100});
  CHECK(took < seconds{5});  // not for ever; a busy machine is no error
  for (const auto& result : results) CHECK(contains(what_of(result), "did not answer in time"));
  CHECK(c.heard.back() == false);
  server.thaw();
  c.admit_in_the_end();
  // The frozen server may have run the scripts after all: the same tokens have the same answers.
  for (const auto& request : requests) {
    const auto again = run(c.io, c.store.admit(request));
    REQUIRE(again.has_value());
    CHECK(as<ports::granted>(*again).first_lease);
  }
}

TEST_CASE("calls issued at once go out together, and each gets its own answer") {
  redis_server server;
  connected c(options_for(server.port()));
  c.admit_in_the_end();
  raw_client raw(server.port());
  const auto reads = [&] {
    const std::string info = raw.command({"INFO", "stats"}).text;
    const auto at = info.find("total_reads_processed:");
    return std::stol(info.substr(at + 22));
  };
  constexpr int calls = 500;
  std::vector<ports::admit_request> requests;
  for (int i = 0; i < calls; ++i) requests.push_back(any_event());
  int right = 0;
  int done = 0;
  const long before = reads();
  for (const auto& request : requests) {
    boost::asio::co_spawn(c.io, c.store.admit(request), [&](std::exception_ptr, admit_result result) {
      ++done;
      const auto* granted = result ? std::get_if<ports::granted>(&*result) : nullptr;
      if (granted != nullptr && granted->nonce == request.fresh_nonce) ++right;
    });
  }
  run_until(c.io, [&] { return done == calls; });
  CHECK(right == calls);
  CHECK(reads() - before < 60);  // of 16 KiB each, not one a call
}

TEST_CASE("a script that Redis forgot is evaluated in place") {
  redis_server server;
  connected c(options_for(server.port()));
  REQUIRE(c.admit().has_value());
  raw_client raw(server.port());
  raw.command({"SCRIPT", "FLUSH"});
  CHECK(c.admit().has_value());
  CHECK(raw.command({"SCRIPT", "EXISTS", redis::admit_script.sha}).elements.at(0).integer == 1);
}

TEST_CASE("a value of another version is an outage, and stays as it is") {
  redis_server server;
  connected c(options_for(server.port()));
  auto request = any_event();
  request.limits = {{domain::limit_kind::environment, "", false, 10, hour},
                    {domain::limit_kind::phone, request.phone, false, 10, hour}};
  REQUIRE(run(c.io, c.store.admit(request)).has_value());
  raw_client raw(server.port());
  const auto keys = raw.keys();
  REQUIRE(keys.size() == 5);
  for (const std::string& key : keys) {
    const std::string version = raw.dump(key).substr(0, 1);
    raw.command({"SETRANGE", key, "0", "\x09"});
    const std::string before = raw.dump(key);
    auto next = any_event();
    next.limits = request.limits;
    next.phone = request.phone;
    next.challenge_id = request.challenge_id;
    if (key.find("}:e:") != std::string::npos) next.request_id = request.request_id;
    CHECK(contains(what_of(run(c.io, c.store.admit(next))), "another version"));
    CHECK(raw.dump(key) == before);
    raw.command({"SETRANGE", key, "0", version});
  }
}

TEST_CASE("a Redis out of memory is an outage that says so, and nothing is half written") {
  redis_server server({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  connected c(options_for(server.port()));
  CHECK(contains(what_of(c.admit()), "no memory left"));
  CHECK(raw_client(server.port()).keys().empty());
  CHECK(c.store.ready());
}

TEST_CASE("a Redis that misses its replicas is an outage, and counts nothing until it has them") {
  redis_server server;
  connected c(options_for(server.port()));
  raw_client redis(server.port());
  c.admit_in_the_end();
  const auto before = redis.keys().size();
  REQUIRE(redis.command({"CONFIG", "SET", "min-replicas-to-write", "1"}).text == "OK");
  CHECK(contains(what_of(c.admit()), "NOREPLICAS"));
  CHECK(redis.keys().size() == before);
  REQUIRE(redis.command({"CONFIG", "SET", "min-replicas-to-write", "0"}).text == "OK");
  CHECK(c.admit().has_value());
}

TEST_CASE("a Redis that is busy with somebody's script is an outage until that ends") {
  redis_server server({"--lua-time-limit", "1"});
  connected c(options_for(server.port()));
  c.admit_in_the_end();
  std::thread somebody([port = server.port()] { raw_client(port).command({"EVAL", "while true do end", "0"}); });
  raw_client redis(server.port());
  wait_until([&] { return redis.command({"GET", "x"}).text.starts_with("BUSY"); });
  CHECK(contains(what_of(c.admit()), "BUSY"));
  CHECK(redis.command({"SCRIPT", "KILL"}).text == "OK");
  somebody.join();
  c.admit_in_the_end();
}

TEST_CASE("a replica is not used, and the reason says what to change") {
  redis_server master;
  redis_server replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  connected c(options_for(replica.port()));
  CHECK(contains(what_of(c.admit()), "must name the master"));
  CHECK_FALSE(c.store.ready());
  raw_client(replica.port()).command({"REPLICAOF", "NO", "ONE"});
  c.admit_in_the_end();
}

TEST_CASE("stopping fails what is in flight") {
  redis_server server;
  connected c(options_for(server.port()));
  REQUIRE(c.admit().has_value());
  server.freeze();
  std::optional<admit_result> result;
  const auto request = any_event();
  boost::asio::co_spawn(c.io, c.store.admit(request),
                        [&](std::exception_ptr, admit_result reply) { result = std::move(reply); });
  boost::asio::post(c.io, [&] { c.store.stop(); });
  run_until(c.io, [&] { return result.has_value(); });
  CHECK_FALSE(result->has_value());
  server.thaw();
}

}  // namespace sendcode::redis_tests
