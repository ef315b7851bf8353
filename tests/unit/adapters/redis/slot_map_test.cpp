#include "worker/adapters/redis/slot_map.hpp"

#include "tests/catch.hpp"
#include "tests/unit/adapters/redis/replies.hpp"

namespace sendcode::redis {
namespace {

const redis_address asked{"10.0.0.1", 7000, false};

redis_reply range(int first, int last, redis_reply host, int port) {
  return array({number(first), number(last), array({std::move(host), number(port), text("node-id")})});
}

std::string served_by(const slot_map& map, std::uint16_t slot) {
  const auto owner = map.owner(slot);
  return owner ? to_text(map.masters().at(*owner)) : "nobody";
}

}  // namespace

TEST_CASE("a key's slot is that of Redis' CLUSTER KEYSLOT") {
  CHECK(key_slot("123456789") == 0x31C3);
  CHECK(key_slot("foo") == 12182);
  CHECK(key_slot("") == 0);
  CHECK(key_slot("sc:{env_live}:e:0123") == key_slot("env_live"));
  CHECK(key_slot("{user1000}.following") == key_slot("{user1000}.followers"));
  // Nothing between the first braces, or no second one: the whole key counts.
  CHECK(key_slot("foo{}{bar}") == 8363);
  CHECK(key_slot("foo{bar") == 15278);
  CHECK(key_slot("foo{{bar}}zap") == key_slot("{bar"));
  CHECK(key_slot("foo{bar}{zap}") == key_slot("bar"));
}

TEST_CASE("a slot's master is the one that CLUSTER SLOTS names first") {
  const redis_reply replica = array({text("10.0.0.9"), number(7009), text("node-id")});
  auto first = range(0, 5460, text("10.0.0.1"), 7000);
  first.elements.push_back(replica);
  const auto map = slot_map::read(array({first, range(5461, 16383, text("10.0.0.2"), 7001)}), asked);
  REQUIRE(map.has_value());
  CHECK(served_by(*map, 0) == "10.0.0.1:7000");
  CHECK(served_by(*map, 5460) == "10.0.0.1:7000");
  CHECK(served_by(*map, 5461) == "10.0.0.2:7001");
  CHECK(served_by(*map, 16383) == "10.0.0.2:7001");
  CHECK(map->masters().size() == 2);
}

TEST_CASE("a slot in no range, or of a node that does not know its host, has nobody") {
  const auto map = slot_map::read(array({range(0, 1, text("10.0.0.1"), 7000), range(3, 3, text("?"), 7001)}), asked);
  REQUIRE(map.has_value());
  CHECK(served_by(*map, 1) == "10.0.0.1:7000");
  CHECK(served_by(*map, 2) == "nobody");
  CHECK(served_by(*map, 3) == "nobody");
}

TEST_CASE("a node that is announced without a host is the one that was asked, with its TLS") {
  const redis_address secure{"cluster.example.com", 7000, true};
  const auto map = slot_map::read(array({range(0, 0, text(""), 7000), range(1, 1, redis_reply{}, 7001)}), secure);
  REQUIRE(map.has_value());
  CHECK(map->masters() == std::vector<redis_address>{secure, {"cluster.example.com", 7001, true}});
}

TEST_CASE("what is no map of slots is refused") {
  for (const redis_reply& bad :
       {error("ERR This instance has cluster support disabled"), array({}), array({number(1)}),
        array({range(-1, 5, text("h"), 7000)}), array({range(0, 16384, text("h"), 7000)}),
        array({range(0, 5, text("h"), 0)}), array({range(0, 5, text("h"), 65536)}),
        array({array({number(0), number(5)})}), array({array({number(0), number(5), array({text("h")})})})}) {
    CHECK_FALSE(slot_map::read(bad, asked).has_value());
  }
}

TEST_CASE("a slot that moved has its new master, and the other slots keep theirs") {
  auto map = slot_map::read(array({range(0, 16383, text("10.0.0.1"), 7000)}), asked).value();
  CHECK(map.move(7, {"10.0.0.2", 7001, false}));
  CHECK(map.move(8, {"10.0.0.2", 7001, false}));
  CHECK(served_by(map, 7) == "10.0.0.2:7001");
  CHECK(served_by(map, 8) == "10.0.0.2:7001");
  CHECK(served_by(map, 6) == "10.0.0.1:7000");
  CHECK(map.masters().size() == 2);
  CHECK(map.move(7, {"10.0.0.1", 7000, false}));
  CHECK(served_by(map, 7) == "10.0.0.1:7000");
}

TEST_CASE("masters are bounded, whatever a cluster says") {
  slot_map map;
  for (std::uint16_t i = 0; i < masters_max; ++i) REQUIRE(map.move(i, {"h", static_cast<std::uint16_t>(i + 1), false}));
  CHECK_FALSE(map.move(5, {"h", 9999, false}));
  CHECK(served_by(map, 5) == "h:6");
  CHECK(map.move(5, {"h", 1, false}));
}

}  // namespace sendcode::redis
