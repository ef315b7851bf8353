#include "worker/adapters/redis/call_course.hpp"

#include "tests/catch.hpp"

namespace sendcode::redis {
namespace {

using namespace std::chrono_literals;

const redis_address asked{"10.0.0.1", 7000, true};
const call_course::time_point start{1h};
const auto moved = "MOVED 7 10.0.0.2:7001";
const auto ask = "ASK 7 10.0.0.2:7001";

}  // namespace

TEST_CASE("MOVED and ASK name slot and node") {
  const auto for_good = read_redirection("MOVED 3999 10.0.0.2:6381", asked);
  REQUIRE(for_good.has_value());
  CHECK_FALSE(for_good->once);
  CHECK(for_good->slot == 3999);
  CHECK(for_good->to == redis_address{"10.0.0.2", 6381, true});
  const auto for_once = read_redirection("ASK 16383 redis-2.example.com:6381", asked);
  REQUIRE(for_once.has_value());
  CHECK(for_once->once);
  CHECK(for_once->slot == 16383);
  CHECK(for_once->to.host == "redis-2.example.com");
}

TEST_CASE("a redirection without a host is to the host that was asked; IPv6 comes without brackets") {
  CHECK(read_redirection("MOVED 1 :7002", asked)->to == redis_address{"10.0.0.1", 7002, true});
  CHECK(read_redirection("MOVED 1 2001:db8::1:7002", asked)->to == redis_address{"2001:db8::1", 7002, true});
}

TEST_CASE("what names no node is no redirection") {
  for (const char* bad :
       {"MOVED", "MOVED ", "MOVED 1", "MOVED 1 ", "MOVED x 10.0.0.2:7001", "MOVED 16384 10.0.0.2:7001",
        "MOVED -1 10.0.0.2:7001", "MOVED 1 10.0.0.2", "MOVED 1 10.0.0.2:0", "MOVED 1 10.0.0.2:70000",
        "MOVED 1 10.0.0.2:1x", "ASK 1 ?:7001", "ASKED 1 h:1", "ERR MOVED 1 h:1"}) {
    INFO(bad);
    CHECK_FALSE(read_redirection(bad, asked).has_value());
  }
}

TEST_CASE("a script that is not known goes out whole, once, and stays whole at further nodes") {
  call_course course(start + 100ms, true);
  CHECK_FALSE(course.sends_body());
  CHECK(course.after("NOSCRIPT No matching script.", start) == next_step::send_the_body);
  CHECK(course.sends_body());
  CHECK(course.after(moved, start) == next_step::follow);
  CHECK(course.sends_body());
  CHECK(course.after("NOSCRIPT No matching script.", start) == next_step::take_the_error);
}

TEST_CASE("redirections are followed a bounded number of times") {
  call_course course(start + 100ms, true);
  for (std::uint32_t i = 0; i < redirections_max; ++i) {
    CHECK(course.after(i % 2 == 0 ? moved : ask, start) == next_step::follow);
  }
  CHECK(course.after(moved, start) == next_step::defer);
}

TEST_CASE("no redirection is followed once the call's time is over") {
  call_course course(start + 100ms, true);
  CHECK(course.after(ask, start + 99ms) == next_step::follow);
  CHECK(course.after(moved, start + 100ms) == next_step::defer);
}

TEST_CASE("one server's redirection is an error: it is a cluster, and redis.url does not say so") {
  call_course course(start + 100ms, false);
  CHECK(course.after(moved, start) == next_step::take_the_error);
  CHECK(course.after(ask, start) == next_step::take_the_error);
}

TEST_CASE("every other error is the answer") {
  call_course course(start + 100ms, true);
  for (const char* error :
       {"TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
        "READONLY You can't write against a read only replica.", "ERR unknown", ""}) {
    CHECK(course.after(error, start) == next_step::take_the_error);
  }
}

}  // namespace sendcode::redis
