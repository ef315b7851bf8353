#include "worker/domain/backoff.hpp"

#include "tests/catch.hpp"
#include "tests/unit/seed.hpp"
#include "worker/domain/delivery.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

TEST_CASE("the ceiling of a retry doubles from 100 ms and stays at 3 s") {
  constexpr auto backoff = domain::delivery::retry_backoff;
  const milliseconds walk[] = {100ms, 200ms, 400ms, 800ms, 1600ms, 3000ms, 3000ms, 3000ms};
  for (unsigned i = 0; i < std::size(walk); ++i) CHECK(backoff.ceiling(i + 2) == walk[i]);
  CHECK(backoff.ceiling(1) == 100ms);
  CHECK(backoff.ceiling(4'000'000'000U) == 3000ms);
}

TEST_CASE("a pause is the drawn share of its ceiling: from nothing to just below it") {
  constexpr domain::backoff backoff{100ms, 3000ms};
  CHECK(backoff.before(2, 0) == 0ms);
  CHECK(backoff.before(2, 0.5) == 50ms);
  CHECK(backoff.before(4, 0.25) == 100ms);
  CHECK(backoff.before(9, 0.999999) == 2999ms);
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  for (int round = 0; round < 1000; ++round) {
    const auto number = static_cast<unsigned>(random.below(50));
    const auto pause = backoff.before(number, random.unit());
    CHECK(pause >= 0ms);
    CHECK(pause < backoff.ceiling(number));
  }
}

TEST_CASE("a backoff whose first pause is above its most is cut") {
  constexpr domain::backoff backoff{500ms, 200ms};
  CHECK(backoff.ceiling(2) == 200ms);
  CHECK(backoff.ceiling(3) == 200ms);
}
