#include "worker/adapters/redis/refresh_schedule.hpp"

#include "tests/catch.hpp"

namespace sendcode::redis {
namespace {

using namespace std::chrono_literals;
const refresh_schedule::time_point now{1h};

}  // namespace

TEST_CASE("the first map is asked for at once, and a whole one is left in peace") {
  refresh_schedule schedule;
  CHECK(schedule.next(false) <= now);
  schedule.asked(now);
  CHECK(schedule.next(true) == refresh_schedule::time_point::max());
}

TEST_CASE("however often a refresh is wanted, it comes a pause after the last one") {
  refresh_schedule schedule;
  schedule.asked(now);
  for (int i = 0; i < 100; ++i) schedule.want();
  CHECK(schedule.next(true) == now + refresh_pause);
  schedule.asked(now + 5s);
  CHECK(schedule.next(true) == refresh_schedule::time_point::max());
}

TEST_CASE("while a master is not connected, the map is asked for again and again") {
  refresh_schedule schedule;
  schedule.asked(now);
  CHECK(schedule.next(false) == now + recheck_pause);
  schedule.want();
  CHECK(schedule.next(false) == now + refresh_pause);
}

}  // namespace sendcode::redis
