#include "worker/app/commands/doctor_keys.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using state = app::finding::state;

namespace {

const timestamp now = *from_rfc3339("2026-11-23T08:00:00Z");

domain::ring_key a_key(const std::string& id, std::optional<timestamp> begin, std::optional<timestamp> end) {
  return {id, std::make_shared<const secret>(std::string(31, 'k') + id), begin, end};
}

std::vector<app::finding> of(std::vector<domain::ring_key> keys, std::optional<timestamp> changed = {}) {
  const auto ring = domain::key_ring::make(std::move(keys));
  REQUIRE(ring.has_value());
  return app::judge_key_ring(
      *ring, {.name = "keys/codes", .life = 10min, .without = "no code can be made", .changed = changed}, now);
}

}  // namespace

TEST_CASE("a ring whose key signs without an end, or for long, is well") {
  const auto endless = of({a_key("a", now - 1h, std::nullopt)});
  REQUIRE(endless.size() == 1);
  CHECK(endless[0].is == state::ok);
  CHECK(endless[0].about == "key ring keys/codes");
  CHECK(endless[0].detail == "key a signs, 1 in all");
  CHECK(of({a_key("a", now - 1h, now + std::chrono::days{15})})[0].is == state::ok);
}

TEST_CASE("a ring whose keys all ended signs nothing") {
  const auto over = of({a_key("a", now - 48h, now - 24h)});
  CHECK(over[0].is == state::wrong);
  CHECK(over[0].advice.find("no code can be made") != std::string::npos);
}

TEST_CASE("a key that ends within 14 days without one that follows is told; one that follows too late is wrong") {
  const auto ending = of({a_key("a", now - 1h, now + 24h)});
  CHECK(ending[0].is == state::warning);
  CHECK(ending[0].detail.find("no other follows") != std::string::npos);
  const auto gap = of({a_key("a", now - 1h, now + 24h), a_key("b", now + 25h, std::nullopt)});
  CHECK(gap[0].is == state::wrong);
  CHECK(gap[0].detail == "no key signs between 2026-11-24T08:00:00.000Z and 2026-11-24T09:00:00.000Z");
  const auto well = of({a_key("a", now - 1h, now + 24h), a_key("b", now + 23h, std::nullopt)});
  REQUIRE(well.size() == 1);
  CHECK(well[0].is == state::ok);
}

TEST_CASE("a key must check what it signed for as long as that lives, after the next one has begun") {
  const auto begins = now + 1h;
  CHECK(of({a_key("a", now - 1h, begins + 10min), a_key("b", begins, std::nullopt)})[0].is == state::ok);
  const auto early = of({a_key("a", now - 1h, begins + 10min - 1ms), a_key("b", begins, std::nullopt)});
  CHECK(early[0].is == state::warning);
  CHECK(early[0].advice == "set its not_after to 2026-11-23T09:10:00.000Z or later");
  // Long past, it hurts nobody.
  CHECK(of({a_key("a", now - 48h, now - 24h), a_key("b", now - 24h, std::nullopt)})[0].is == state::ok);
}

TEST_CASE("a key that begins less than 5 minutes after its file changed may be unknown to a worker") {
  const std::vector<domain::ring_key> keys = {a_key("a", now - 48h, std::nullopt),
                                              a_key("b", now + 2min, std::nullopt)};
  CHECK(of(keys, now - 3min)[0].is == state::ok);
  const auto near = of(keys, now - 3min + 1s);
  CHECK(near[0].is == state::warning);
  CHECK(near[0].detail.find("key b begins") == 0);
  // A ring's only key signs at once.
  CHECK(of({a_key("a", now + 2min, std::nullopt)}, now)[0].is == state::ok);
}

TEST_CASE("API tokens that ended or end within 14 days are told, the others counted") {
  const auto token = [](const std::string& id, std::optional<timestamp> end) {
    http_server::api_token out;
    out.id = id;
    out.not_after = end;
    return out;
  };
  const auto well = app::judge_tokens({token("a", std::nullopt), token("b", now + std::chrono::days{15})}, now);
  REQUIRE(well.size() == 1);
  CHECK(well[0].is == state::ok);
  CHECK(well[0].detail == "2, none of which ends within 14 days");
  const auto told = app::judge_tokens({token("a", now), token("b", now + 24h), token("c", std::nullopt)}, now);
  REQUIRE(told.size() == 2);
  CHECK(told[0].about == "API token a");
  CHECK(told[0].detail == "ended 2026-11-23T08:00:00.000Z");
  CHECK(told[1].detail == "ends 2026-11-24T08:00:00.000Z");
  CHECK(told[1].is == state::warning);
}
