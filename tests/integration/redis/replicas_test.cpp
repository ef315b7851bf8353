#include "tests/integration/redis/secured.hpp"

// redis.replicas_min: WAIT behind what must not be lost.
namespace sendcode::redis_tests {
namespace {

struct replicated {
  explicit replicated(std::uint32_t replicas_min = 1, milliseconds timeout = milliseconds{400})
      : replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())}) {
    wait_until([&] {
      return contains(raw_client(replica.port()).command({"INFO", "replication"}).text, "master_link_status:up");
    });
    options = options_for(master.port());
    options.replicas_min = replicas_min;
    options.timeout = timeout;
  }

  std::int64_t calls_of(const std::string& command) {
    const std::string info = raw_client(master.port()).command({"INFO", "commandstats"}).text;
    const std::string name = "cmdstat_" + command + ":calls=";
    const auto at = info.find(name);
    return at == std::string::npos ? 0 : std::stoll(info.substr(at + name.size()));
  }

  redis_server master;
  redis_server replica;
  redis_options options;
};

// Awaited in the same turn of the event loop as whatever else is begun before the loop runs.
template <typename Reply>
void begin(connected& c, awaitable<ports::stored<Reply>> call, std::optional<ports::stored<Reply>>& into) {
  boost::asio::co_spawn(c.io, std::move(call),
                        [&into](std::exception_ptr, ports::stored<Reply> reply) { into = std::move(reply); });
}

}  // namespace

TEST_CASE("with enough replicas an admit counts, and one WAIT stands behind all that left together") {
  replicated with;
  connected c(with.options);
  c.admit_in_the_end();
  const auto waits = with.calls_of("wait");
  constexpr std::size_t calls = 50;
  std::vector<ports::admit_request> requests;
  for (std::size_t i = 0; i < calls; ++i) requests.push_back(any_event());
  std::vector<std::optional<admit_result>> results(calls);
  for (std::size_t i = 0; i < calls; ++i) begin(c, c.store.admit(requests[i]), results[i]);
  run_until(c.io, [&] { return std::ranges::all_of(results, [](const auto& each) { return each.has_value(); }); });
  for (const auto& each : results) CHECK(each->has_value());
  CHECK(with.calls_of("wait") == waits + 1);
}

TEST_CASE("without redis.replicas_min nobody is waited for") {
  replicated with(0);
  with.replica.freeze();
  connected c(with.options);
  CHECK(c.admit().has_value());
  CHECK(with.calls_of("wait") == 0);
}

TEST_CASE("too few replicas are an outage that ends by itself, and what was asked again counts once") {
  replicated with;
  connected c(with.options);
  c.admit_in_the_end();
  c.heard.clear();
  with.replica.freeze();
  auto request = any_event();
  request.environment_id = "env_short";
  request.limits = {{domain::limit_kind::environment, "", false, 10, hour}};
  CHECK(contains(what_of(run(c.io, c.store.admit(request))), "too few replicas"));
  CHECK(contains(what_of(run(c.io, c.store.admit(request))), "redis.replicas_min is 1, and in time 0 had it"));
  CHECK(c.store.ready());  // the connection is good: whether it is over shows by asking
  CHECK(c.heard == std::vector<bool>{false});
  with.replica.thaw();
  admit_result reply = run(c.io, c.store.admit(request));
  run_until(c.io, [&] {
    if (!reply) reply = run(c.io, c.store.admit(request));
    return reply.has_value();
  });
  CHECK(as<ports::granted>(*reply).first_lease);
  CHECK(c.heard == std::vector<bool>{false, true});
  // The sum in the buckets' header (docs/redis.md), on the replica too.
  const std::string key = "sc:{env_short}:b:env:-:" + std::to_string(hour.count());
  for (const auto port : {with.master.port(), with.replica.port()}) CHECK(raw_client(port).dump(key).at(9) == 1);
}

TEST_CASE("WAIT decides admits and consumes alone, of its own flush alone") {
  replicated with;
  connected c(with.options);
  const auto known = any_event();
  c.admit_in_the_end(known);
  const auto unknown = any_event();
  const auto guess = fixture::guess(known);
  const auto approval = fixture::approval(known, known.fresh_nonce);
  const auto renewal = fixture::renewal(known);
  with.replica.freeze();
  std::optional<ports::stored<ports::renew_reply>> before, beside;
  std::optional<ports::stored<ports::check_reply>> checked;
  std::optional<ports::stored<ports::consume_reply>> consumed;
  std::optional<admit_result> admitted;
  begin(c, c.store.renew(renewal), before);
  run_until(c.io, [&] { return before.has_value(); });
  CHECK(before->has_value());  // a flush without an admit or a consume waits for nobody
  const auto waits = with.calls_of("wait");
  begin(c, c.store.renew(renewal), beside);
  begin(c, c.store.admit(unknown), admitted);
  begin(c, c.store.check(guess), checked);
  begin(c, c.store.consume(approval), consumed);
  run_until(c.io, [&] { return admitted && consumed; });
  CHECK(with.calls_of("wait") == waits + 1);
  CHECK(beside->has_value());
  CHECK(checked->has_value());
  CHECK_FALSE(admitted->has_value());
  CHECK_FALSE(consumed->has_value());
}

TEST_CASE("a user who may not WAIT is told what to change, and nothing counts") {
  replicated with;
  raw_client raw(with.master.port());
  make_documented_user(raw);
  raw.command({"ACL", "SETUSER", "sendcode", "-wait"});
  connected c(as_documented_user(with.options));
  CHECK(contains(what_of(c.admit()), "docs/redis.md"));
}

TEST_CASE("a master that dies between an answer and its WAIT has not answered") {
  replicated with(1, milliseconds{4000});
  connected c(with.options);
  c.admit_in_the_end();
  with.replica.freeze();
  const auto waits = with.calls_of("evalsha");
  const auto request = any_event();
  std::optional<admit_result> result;
  begin(c, c.store.admit(request), result);
  run_until(c.io, [&] { return with.calls_of("evalsha") > waits; });
  with.master.stop();
  run_until(c.io, [&] { return result.has_value(); });
  CHECK_FALSE(contains(what_of(*result), "too few replicas"));
}

}  // namespace sendcode::redis_tests
