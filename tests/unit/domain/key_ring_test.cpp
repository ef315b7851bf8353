#include "worker/domain/key_ring.hpp"

#include "common/crypto.hpp"
#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::key_ring;
using domain::key_ring_error;
using domain::ring_key;

namespace {

const timestamp noon = *from_rfc3339("2026-11-23T12:00:00Z");

ring_key key(std::string id, std::optional<timestamp> not_before = {}, std::optional<timestamp> not_after = {}) {
  auto bytes = std::string(31, 'k') + id;
  return {std::move(id), std::make_shared<const secret>(std::move(bytes)), not_before, not_after};
}

key_ring ring(std::vector<ring_key> keys) {
  auto made = key_ring::make(std::move(keys));
  REQUIRE(made.has_value());
  return std::move(*made);
}

std::string signing(const key_ring& keys, timestamp now) {
  const auto* found = keys.signing_key(now);
  return found == nullptr ? "" : found->id;
}

}  // namespace

TEST_CASE("the newest key that has begun signs") {
  const auto keys = ring({key("a"), key("c", noon + 1h), key("b", noon)});
  CHECK(signing(keys, noon - 1ms) == "a");
  CHECK(signing(keys, noon) == "b");
  CHECK(signing(keys, noon + 1h - 1ms) == "b");
  CHECK(signing(keys, noon + 1h) == "c");
}

TEST_CASE("a ring's only key signs at once, until it ends") {
  const auto keys = ring({key("a", noon, noon + 1h)});
  CHECK(signing(keys, noon - 24h) == "a");
  CHECK(signing(keys, noon + 1h - 1ms) == "a");
  CHECK(signing(keys, noon + 1h).empty());
}

TEST_CASE("of several keys none signs before it begins or after it ends") {
  const auto keys = ring({key("a", noon, noon + 1h), key("b", noon + 30min, noon + 40min)});
  CHECK(signing(keys, noon - 1ms).empty());
  CHECK(signing(keys, noon + 30min) == "b");
  CHECK(signing(keys, noon + 40min) == "a");  // the older one again
  CHECK(signing(keys, noon + 1h).empty());
}

TEST_CASE("a key checks until it ends, whether or not it has begun") {
  const auto keys = ring({key("a", {}, noon), key("b", noon + 1h)});
  CHECK(keys.find("a", noon - 1ms)->id == "a");
  CHECK(keys.find("a", noon) == nullptr);
  CHECK(keys.find("b", noon)->id == "b");
  CHECK(keys.find("c", noon) == nullptr);
  CHECK(keys.find("", noon) == nullptr);
}

TEST_CASE("a derived ring has the same ids and times, and keys of its own for each use") {
  const auto keys = ring({key("a", noon, noon + 1h), key("b")});
  const auto codes = keys.derive("one use");
  REQUIRE(codes.keys().size() == 2);
  CHECK(codes.keys()[0].id == "a");
  CHECK(codes.keys()[0].not_after == noon + 1h);
  const auto expected = hkdf_sha256(keys.keys()[0].key->expose(), "one use");
  CHECK(codes.keys()[0].key->expose() == as_text(expected));
  CHECK(codes.keys()[0].key->expose() != keys.derive("another").keys()[0].key->expose());
  CHECK(codes.keys()[0].key->expose() != codes.keys()[1].key->expose());
}

TEST_CASE("a ring that cannot be used is refused") {
  const auto error_of = [](std::vector<ring_key> keys) { return key_ring::make(std::move(keys)).error(); };
  CHECK(error_of({}) == key_ring_error::no_keys);
  CHECK(error_of({key("a"), key("a")}) == key_ring_error::id_twice);
  auto twin = key("b");
  const auto first = key("a");
  twin.key = first.key;
  CHECK(error_of({first, twin}) == key_ring_error::key_twice);
  CHECK(error_of({key("")}) == key_ring_error::key_too_short);  // 31 bytes
  CHECK(error_of({ring_key{"a", nullptr, {}, {}}}) == key_ring_error::key_too_short);
  CHECK(error_of({key("a", noon, noon)}) == key_ring_error::ends_before_begin);
  CHECK(key_ring::make({key("a", noon, noon + 1ms)}).has_value());
  std::vector<ring_key> many;
  for (int i = 0; i < 33; ++i) many.push_back(key("k" + std::to_string(i)));
  CHECK(error_of(many) == key_ring_error::too_many_keys);
  many.pop_back();
  CHECK(key_ring::make(many).has_value());
}
