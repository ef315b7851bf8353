#include "worker/adapters/kafka/rebalance_watch.hpp"

#include "tests/catch.hpp"

using sendcode::kafka::rebalance_watch;
using std::chrono::milliseconds;

namespace {

constexpr std::int16_t fetch = 1;
constexpr std::int16_t join_group = 11;
constexpr std::int16_t heartbeat = 12;
constexpr std::int16_t sync_group = 14;

constexpr rebalance_watch::time start{std::chrono::hours(1)};

}  // namespace

TEST_CASE("a group is calm between a heartbeat's answer that has had its effect and the next heartbeat") {
  rebalance_watch watch;
  CHECK(watch.is_calm(start));
  watch.sent(heartbeat);
  CHECK_FALSE(watch.is_calm(start));
  watch.answered(heartbeat, start);
  CHECK_FALSE(watch.is_calm(start + milliseconds(199)));
  CHECK(watch.is_calm(start + milliseconds(200)));
  watch.sent(fetch);
  CHECK(watch.is_calm(start + milliseconds(200)));
  watch.sent(heartbeat);
  CHECK_FALSE(watch.is_calm(start + milliseconds(1'000)));
}

TEST_CASE("a group rebalances from its first request to join until it is told who has what") {
  rebalance_watch watch;
  CHECK_FALSE(watch.is_joining());
  watch.sent(join_group);
  CHECK(watch.is_joining());
  watch.answered(join_group, start);  // the coordinator asks some to join once more, with the id that it gave them
  CHECK(watch.is_joining());
  watch.sent(join_group);
  watch.answered(join_group, start);
  watch.sent(sync_group);
  CHECK(watch.is_joining());
  CHECK_FALSE(watch.is_calm(start + milliseconds(1'000)));
  watch.answered(sync_group, start);
  CHECK_FALSE(watch.is_joining());
  CHECK(watch.is_calm(start + milliseconds(1'000)));
}
