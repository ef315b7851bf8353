#include "worker/adapters/redis/sentinel_rotation.hpp"

#include "tests/catch.hpp"
#include "tests/unit/adapters/redis/replies.hpp"

namespace sendcode::redis {
namespace {

const redis_address a{"a", 26379, false};
const redis_address b{"b", 26379, false};
const redis_address c{"c", 26379, false};

// The hosts in the order of a whole search.
std::string order_of(sentinel_rotation& rotation) {
  std::string out;
  rotation.begin();
  while (const auto* each = rotation.next()) out += each->host;
  return out;
}

}  // namespace

TEST_CASE("a search asks each sentinel once, in the order written") {
  sentinel_rotation rotation({a, b, c});
  CHECK(order_of(rotation) == "abc");
  CHECK(rotation.next() == nullptr);
  CHECK(order_of(rotation) == "abc");
}

TEST_CASE("the sentinel that answered is asked first the next time") {
  sentinel_rotation rotation({a, b, c});
  rotation.begin();
  rotation.next();
  rotation.next();
  CHECK(*rotation.next() == c);
  rotation.answered();
  CHECK(order_of(rotation) == "cab");
}

TEST_CASE("the sentinel whose master was none is asked last the next time") {
  sentinel_rotation rotation({a, b, c});
  rotation.begin();
  rotation.next();
  CHECK(*rotation.next() == b);
  rotation.answered();
  rotation.misled();
  CHECK(order_of(rotation) == "acb");
}

TEST_CASE("one sentinel is asked again and again") {
  sentinel_rotation rotation({a});
  rotation.begin();
  CHECK(*rotation.next() == a);
  rotation.answered();
  rotation.misled();
  CHECK(order_of(rotation) == "a");
}

TEST_CASE("a sentinel's answer is the master's address, or says what is wrong") {
  CHECK(read_master(array({text("10.0.0.1"), text("6380")}), "main", true) == redis_address{"10.0.0.1", 6380, true});
  const auto unknown = read_master(redis_reply{}, "main", false);
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().find("no master called main") != std::string::npos);
  for (const redis_reply& bad :
       {error("ERR unknown command"), array({}), array({text("h")}), array({text(""), text("1")}),
        array({text("h"), text("0")}), array({text("h"), text("65536")}), array({text("h"), text("1x")}),
        array({number(1), text("1")})}) {
    CHECK_FALSE(read_master(bad, "main", false).has_value());
  }
}

}  // namespace sendcode::redis
