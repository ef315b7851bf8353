#include "tests/integration/redis/secured.hpp"
#include "worker/adapters/redis/errors.hpp"
#include "worker/adapters/redis/greeting.hpp"

// Users, passwords, TLS, and what is checked of the server.
namespace sendcode::redis_tests {
namespace {

// A server with TLS on a second port, next to the plain one that the helper asks for.
struct tls_server {
  explicit tls_server(const certificates& made, const std::string& name = "server", const char* clients = "no")
      : port(free_port()),
        server({"--tls-port", std::to_string(port), "--tls-cert-file", made.file(name + ".crt"), "--tls-key-file",
                made.file(name + ".key"), "--tls-ca-cert-file", made.file("ca.crt"), "--tls-auth-clients", clients}) {}

  redis_options options(const certificates& made, const std::string& host) const {
    redis_options out = options_for(port);
    out.address.host = host;
    out.address.tls = true;
    out.tls.ca_file = made.file("ca.crt");
    return out;
  }

  std::uint16_t port;
  redis_server server;
};

}  // namespace

TEST_CASE("a password, and a user with a password, are given to Redis") {
  redis_server server({"--requirepass", "right"});
  auto options = options_for(server.port());
  SECTION("the right one") {
    options.password = password("right");
    connected c(options);
    CHECK(c.admit().has_value());
  }
  SECTION("none or a wrong one: never ready, and the outage says what to change") {
    const bool wrong = GENERATE(true, false);
    if (wrong) options.password = password("wrong");
    connected c(options);
    const std::string what = what_of(c.admit());
    CHECK(contains(what, wrong ? "check redis.username and redis.password" : "set redis.password"));
    CHECK_FALSE(contains(what, "wrong)"));
    CHECK_FALSE(c.store.ready());
    CHECK(c.heard.empty());
  }
  SECTION("one that Redis does not know of") {
    redis_server open_to_all;
    options = options_for(open_to_all.port());
    options.password = password("right");
    connected c(options);
    CHECK(contains(what_of(c.admit()), "remove redis.password"));
  }
  SECTION("a user with no more rights than docs/redis.md lists") {
    raw_client raw(server.port());
    raw.command({"AUTH", "right"});
    make_documented_user(raw);
    connected c(as_documented_user(options));
    require_all_calls(c);
  }
  SECTION("a user who may connect, but run nothing") {
    raw_client raw(server.port());
    raw.command({"AUTH", "right"});
    raw.command({"ACL", "SETUSER", "idle", "on", ">secret", "-@all"});
    options.username = "idle";
    options.password = password("secret");
    connected c(options);
    CHECK(contains(what_of(c.admit()), "docs/redis.md"));
  }
  SECTION("a user whose scripts may not do what they do") {
    raw_client raw(server.port());
    raw.command({"AUTH", "right"});
    raw.command({"ACL", "SETUSER", "reader", "on", ">secret", "~sc:*", "-@all", "+evalsha", "+eval", "+time", "+mget"});
    options.username = "reader";
    options.password = password("secret");
    connected c(options);
    CHECK(contains(what_of(c.admit()), "docs/redis.md"));
  }
}

TEST_CASE("a password that changes is the new one at the next connection") {
  redis_server server({"--requirepass", "first"});
  auto options = options_for(server.port());
  options.password = password("first");
  secret_ptr now = options.password;
  options.password_by_now = [&now] { return now; };
  connected c(options);
  REQUIRE(c.admit().has_value());
  raw_client raw(server.port());
  raw.command({"AUTH", "first"});
  REQUIRE(raw.command({"CONFIG", "SET", "requirepass", "second"}).text == "OK");
  CHECK(c.admit().has_value());  // what is connected stays
  raw.command({"CLIENT", "KILL", "TYPE", "normal"});
  c.io.restart();
  c.io.run_for(milliseconds{20});
  CHECK_FALSE(c.admit().has_value());
  now = password("second");
  c.admit_in_the_end();
}

TEST_CASE("a Redis that evicts, or does not say, is warned of") {
  redis_server server({"--maxmemory-policy", "allkeys-lru"});
  raw_client raw(server.port());
  const auto greeted = [&](std::string_view rights) {
    std::vector<std::string> user{"ACL", "SETUSER", "worker", "reset", "on", ">secret", "-@all"};
    if (!rights.empty()) user.emplace_back(rights);
    REQUIRE(raw.command(user).text == "OK");
    auto options = options_for(server.port());
    options.username = "worker";
    options.password = password("secret");
    boost::asio::io_context io;
    const auto until = std::chrono::steady_clock::now() + seconds{5};
    const auto link = std::make_shared<redis::redis_link>(io.get_executor(), nullptr, [](const std::string&) {});
    REQUIRE(run(io, link->open(options.address, until)).empty());
    auto met = run(io, redis::greet(link, options, {}, until));
    CHECK(met.failure.empty());
    link->close("done");
    return met.warnings;
  };
  const auto all = greeted("+@all");
  REQUIRE(all.size() == 1);
  CHECK(contains(all[0], "allkeys-lru: set it to noeviction"));
  CHECK(greeted("+info") == all);  // where CONFIG GET and ROLE are forbidden
  const auto neither = greeted("");
  REQUIRE(neither.size() == 2);
  CHECK(contains(neither[0], "whether Redis is a master is unknown"));
  CHECK(contains(neither[1], "maxmemory-policy is unknown"));
}

TEST_CASE("an outage of the set-up says in words what to change") {
  CHECK(contains(redis::explain("NOAUTH Authentication required."), "set redis.password"));
  CHECK(contains(redis::explain("WRONGPASS invalid username-password pair"), "check redis.username"));
  CHECK(contains(redis::explain("NOPERM this user has no permissions"), "docs/redis.md"));
  CHECK(contains(redis::explain("READONLY You can't write against a read only replica."), "must name the master"));
  CHECK(contains(redis::explain("ERR AUTH <password> called without any password configured for the default user."),
                 "remove redis.password"));
}

TEST_CASE("TLS: the certificate is checked against the CA and the host's name") {
  certificates made;
  SECTION("by name and by address") {
    tls_server server(made);
    for (const char* host : {"localhost", "127.0.0.1"}) {
      connected c(server.options(made, host));
      CHECK(c.admit().has_value());
    }
  }
  SECTION("a certificate of another name is refused") {
    tls_server server(made, "other");
    connected c(server.options(made, "localhost"));
    CHECK(contains(what_of(c.admit()), "TLS: "));
  }
  SECTION("a certificate of an unknown CA is refused") {
    const certificates others;
    tls_server server(made);
    auto options = server.options(made, "localhost");
    options.tls.ca_file = others.file("ca.crt");
    connected c(options);
    CHECK_FALSE(c.admit().has_value());
  }
  SECTION("a client's certificate is shown where Redis asks for one") {
    tls_server server(made, "server", "yes");
    auto options = server.options(made, "localhost");
    {
      connected without(options);
      CHECK_FALSE(without.admit().has_value());
    }
    options.tls.certificate = made.file("client.crt");
    options.tls.key = made.file("client.key");
    connected with(options);
    CHECK(with.admit().has_value());
  }
  SECTION("a file that is not there is an outage") {
    tls_server server(made);
    auto options = server.options(made, "localhost");
    options.tls.ca_file = made.file("none.crt");
    connected c(options);
    CHECK(contains(what_of(c.admit()), "redis.tls.ca_file"));
  }
  SECTION("a TLS connection that breaks comes back") {
    tls_server server(made);
    connected c(server.options(made, "localhost"));
    REQUIRE(c.admit().has_value());
    server.server.stop();
    CHECK_FALSE(c.admit().has_value());
    server.server.start();
    c.admit_in_the_end();
  }
}

TEST_CASE("a server that speaks no Redis is an outage") {
  certificates made;
  tls_server server(made);
  connected c(options_for(server.port));  // plain text to a TLS port
  CHECK_FALSE(c.admit().has_value());
}

}  // namespace sendcode::redis_tests
