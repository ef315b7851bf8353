#include "worker/adapters/senders/reachability.hpp"

#include <vector>

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

TEST_CASE("whether a sender can be reached is heard at each change, and no faster than it is told") {
  std::vector<bool> heard;
  senders::reachability twilio("twilio", [&](bool up) { heard.push_back(up); });
  const ports::https_failure refused{ports::https_failure::kind::not_sent, "connect: Connection refused"};
  ports::steady_time now{};
  twilio.answered(now);
  twilio.answered(now);
  CHECK(heard == std::vector{true});
  twilio.failed(refused, now);
  twilio.failed(refused, now + 1s);
  CHECK(heard == std::vector{true, false});
  twilio.answered(now + 2s);  // some answer while others fail
  CHECK(heard.size() == 2);
  twilio.answered(now + 10s);
  CHECK(heard == std::vector{true, false, true});
}
