#include "tests/integration/redis/admissions.hpp"
#include "tests/integration/redis/secured.hpp"

// redis+sentinel://
namespace sendcode::redis_tests {
namespace {

// One sentinel, that only tells where the master is.
struct watched {
  explicit watched(std::vector<std::string> of_sentinel = {}, std::vector<std::string> of_master = {})
      : master(std::move(of_master)), sentinel(lines(master.port(), std::move(of_sentinel))) {}

  static redis_server::sentinel lines(std::uint16_t port, std::vector<std::string> more) {
    more.insert(more.begin(), "sentinel monitor main 127.0.0.1 " + std::to_string(port) + " 1");
    return {std::move(more)};
  }
  redis_options options() const {
    redis_options out = options_for(std::uint16_t{0});
    out.mode = redis::redis_mode::sentinel;
    out.master_name = "main";
    out.seeds = {{"127.0.0.1", sentinel.port(), false}};
    return out;
  }

  redis_server master;
  redis_server sentinel;
};

}  // namespace

TEST_CASE(
    "a failover in the midst of admits defers them: what the replica lacked is lost, or with replicas_min nothing") {
  const auto replicas_min = GENERATE(1u, 0u);
  constexpr std::size_t events = 3'000;
  sentinel_group group(1);
  const auto old = group.master().port();
  auto options = options_for(group);
  options.replicas_min = replicas_min;
  options.timeout = milliseconds{400};
  connected c(options);
  admissions admits(c, "env_live", events);
  admits.start();
  run_until(c.io, [&] { return admits.answered() > 200; });
  // The replica falls behind: from here on the master alone knows.
  group.replica(0).freeze();
  raw_client(old).command({"CLIENT", "KILL", "TYPE", "replica"});
  const auto answered = admits.answered();
  run_until(c.io, [&] { return admits.answered() > answered + 100 || admits.outages() > 16; });
  group.master().stop();
  group.replica(0).thaw();
  REQUIRE_FALSE(admits.whole());
  run_until(c.io, [&] { return group.master_now() != old; });
  const auto now = group.master_now();
  // The new master has no replica yet.
  redis_server fresh({"--replicaof", "127.0.0.1 " + std::to_string(now)});
  run_until(c.io, [&] { return admits.whole(); }, seconds{20});
  CHECK(admits.outages() > 0);
  CHECK(c.heard.front());
  CHECK(c.heard.back());
  CHECK(admits.charged(now) == admits.recorded(now));  // nothing is counted twice, or half
  if (replicas_min > 0) {
    CHECK(admits.recorded(now) == events);
  } else {
    CHECK(admits.recorded(now) < events);
  }
}

TEST_CASE("sentinels that are gone, hang or know no such master are passed over") {
  watched with;
  watched others;
  redis_server gone;
  gone.stop();
  redis_server hangs;
  hangs.freeze();
  auto options = with.options();
  options.connect_timeout = milliseconds{5000};
  const auto right = options.seeds.front();
  options.seeds = {{"127.0.0.1", gone.port(), false}, {"127.0.0.1", hangs.port(), false}, right};
  connected c(options);
  CHECK(c.admit().has_value());
  hangs.thaw();
}

TEST_CASE("a name that the sentinels do not know is an outage that says so") {
  watched with;
  auto options = with.options();
  options.master_name = "other";
  connected c(options);
  CHECK(contains(what_of(c.admit()), "no master called other"));
}

TEST_CASE("a master that became a replica is left at its first refusal, and the sentinels are asked again") {
  watched with;
  redis_server other;
  connected c(with.options());
  REQUIRE(c.admit().has_value());
  // As if it had been demoted without its clients' connections being cut.
  raw_client(with.master.port()).command({"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
  CHECK(contains(what_of(c.admit()), "replica"));
  CHECK_FALSE(c.store.ready());
  raw_client(with.sentinel.port()).command({"SENTINEL", "REMOVE", "main"});
  raw_client(with.sentinel.port())
      .command({"SENTINEL", "MONITOR", "main", "127.0.0.1", std::to_string(other.port()), "1"});
  c.admit_in_the_end();
  CHECK(raw_client(other.port()).keys().size() == 3);
}

TEST_CASE("a sentinel is told the password only if it asks for one") {
  SECTION("it asks for none, and hears none") {
    watched with({}, {"--requirepass", "secret"});
    auto options = with.options();
    options.password = password("secret");
    connected c(options);
    CHECK(c.admit().has_value());
    CHECK(raw_client(with.sentinel.port()).command({"ACL", "LOG"}).elements.empty());
  }
  SECTION("it asks for the same user and password as Redis") {
    watched with({"user default off", "user sendcode on >secret -@all +sentinel|get-master-addr-by-name"});
    raw_client raw(with.master.port());
    make_documented_user(raw);
    connected c(as_documented_user(with.options()));
    require_all_calls(c);
  }
  SECTION("it asks for another one") {
    watched with({"requirepass another"}, {"--requirepass", "secret"});
    auto options = with.options();
    options.password = password("secret");
    connected c(options);
    CHECK(contains(what_of(c.admit()), "check redis.username and redis.password"));
  }
}

TEST_CASE("sentinel and master are met with TLS and a client's certificate, as the documented user") {
  const certificates made;
  const auto secured = [&](std::uint16_t port) {
    return std::vector<std::string>{"--tls-port",         std::to_string(port),
                                    "--tls-cert-file",    made.file("server.crt"),
                                    "--tls-key-file",     made.file("server.key"),
                                    "--tls-ca-cert-file", made.file("ca.crt"),
                                    "--tls-auth-clients", "yes",
                                    "--tls-replication",  "yes"};
  };
  const auto master_port = free_port();
  const auto sentinel_port = free_port();
  redis_server master(secured(master_port));
  redis_server sentinel(watched::lines(master_port, {}), secured(sentinel_port));
  raw_client raw(master.port());
  make_documented_user(raw);
  auto options = as_documented_user(options_for(std::uint16_t{0}));
  options.mode = redis::redis_mode::sentinel;
  options.master_name = "main";
  options.seeds = {{"127.0.0.1", sentinel_port, true}};
  options.tls.ca_file = made.file("ca.crt");
  {
    connected without(options);
    CHECK(contains(what_of(without.admit()), "no sentinel tells the master"));
  }
  options.tls.certificate = made.file("client.crt");
  options.tls.key = made.file("client.key");
  connected with(options);
  require_all_calls(with);
}

}  // namespace sendcode::redis_tests
