#include "worker/adapters/redis/errors.hpp"

#include "tests/catch.hpp"

using namespace sendcode::redis;

TEST_CASE("each error that passes by itself is told by its code, whatever stands behind it") {
  for (const char* code :
       {"OOM", "READONLY", "LOADING", "BUSY", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"}) {
    INFO(code);
    CHECK(is_passing(code));
    CHECK(is_passing(std::string(code) + " and then some words"));
    CHECK_FALSE(is_passing(std::string(code) + "X and then some words"));
    CHECK_FALSE(is_passing("ERR " + std::string(code)));
  }
}

TEST_CASE("an error of the set-up, or one that we do not know, does not pass by itself") {
  for (const char* error : {"NOAUTH Authentication required.", "WRONGPASS invalid username-password pair", "NOPERM no",
                            "LAYOUT of a challenge is of another version", "ERR unknown command", "BUSYGROUP", ""}) {
    INFO(error);
    CHECK_FALSE(is_passing(error));
  }
}

TEST_CASE("a master that is none any more says so in two ways") {
  CHECK(tells_of_a_replica("READONLY You can't write against a read only replica."));
  CHECK(tells_of_a_replica("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."));
  CHECK_FALSE(tells_of_a_replica("LOADING Redis is loading the dataset in memory"));
}

TEST_CASE("what Redis says is shown escaped and cut behind what to do") {
  CHECK(explain("OOM command not allowed") ==
        "Redis has no memory left: raise maxmemory, or lower redis.dedupe_ttl (Redis says: OOM command not allowed)");
  CHECK(explain("ERR a\nb").find("a\\x0ab") != std::string::npos);
  CHECK(explain("ERR " + std::string(10'000, 'x')).size() < 200);
}
