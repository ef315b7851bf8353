// Whose refusal may fail over: an account that accepted a text within 7 days.
#include "tests/integration/redis/fixture.hpp"

namespace sendcode::redis_tests {
namespace {

const std::string account = "AC0123456789abcdef0123456789abcdef";

ports::renew_request reserving(const ports::admit_request& of, const std::string& if_accepted_by = account) {
  auto out = fixture::renewal(of);
  out.reserve = ports::allowance_check{.max = 1, .monthly = false};
  out.if_accepted_by = if_accepted_by;
  return out;
}

ports::admit_request admitted(fixture& f) {
  auto request = f.event();
  as<ports::granted>(f.admit(request));
  return request;
}

void accept_one(fixture& f) {
  const auto request = admitted(f);
  auto settlement = f.settlement(request, "SM1");
  settlement.accepted_by = account;
  as<ports::settled>(f.settle(settlement));
}

}  // namespace

TEST_CASE("an account that accepted nothing is not trusted, and its event reserves no text") {
  fixture f;
  const auto request = admitted(f);
  as<ports::not_trusted>(f.renew(reserving(request)));
  CHECK(f.keys_of("d").empty());
  CHECK(f.keys_of("t").empty());
  as<ports::renewed>(f.renew(f.renewal(request)));  // the lease is ours as before
}

TEST_CASE("an account that accepted a text is trusted by every worker, and its event's text is reserved") {
  fixture f;
  accept_one(f);
  auto request = f.event();
  as<ports::granted>(f.value(f.other_worker().admit(request)));
  as<ports::renewed>(f.value(f.other_worker().renew(reserving(request))));
  CHECK(f.keys_of("d").size() == 1);
  as<ports::allowance_used_up>(f.renew(reserving(admitted(f))));
}

TEST_CASE("trust ends seven days after the account's last text") {
  fixture f;
  accept_one(f);
  CHECK(f.redis().pttl(f.key_of("t")) > (7 * day - minute).count());
  f.pass(7 * day - minute);
  const auto in_time = admitted(f);
  as<ports::renewed>(f.renew(reserving(in_time)));
  f.pass(2 * minute);
  as<ports::not_trusted>(f.renew(reserving(in_time)));
}

TEST_CASE("trust is an environment's and an account's own, and its key does not show the account") {
  fixture f;
  accept_one(f);
  as<ports::not_trusted>(f.renew(reserving(admitted(f), "ACother")));
  auto elsewhere = f.event();
  elsewhere.environment_id = "env_other";
  as<ports::granted>(f.admit(elsewhere));
  as<ports::not_trusted>(f.renew(reserving(elsewhere)));
  CHECK(f.key_of("t").find(account) == std::string::npos);
}

TEST_CASE("a text that was reserved before does not make an account trusted") {
  fixture f;
  const auto request = admitted(f);
  auto untested = reserving(request);
  untested.if_accepted_by.clear();
  as<ports::renewed>(f.renew(untested));
  as<ports::not_trusted>(f.renew(reserving(request)));
}

TEST_CASE("a settlement that does not win makes nobody trusted") {
  fixture f;
  const auto request = admitted(f);
  as<ports::settled>(f.settle(f.settlement(request, "SM1")));
  auto late = f.settlement(request, "SM1");
  late.accepted_by = account;
  as<ports::settled>(f.settle(late));
  auto stranger = f.settlement(admitted(f), "SM1");
  stranger.accepted_by = account;
  as<ports::message_claimed>(f.settle(stranger));
  CHECK(f.keys_of("t").empty());
}

}  // namespace sendcode::redis_tests
