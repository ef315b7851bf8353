#include <boost/asio/post.hpp>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "common/crypto.hpp"
#include "common/logging.hpp"
#include "tests/integration/redis/fixture.hpp"
#include "worker/adapters/redis/errors.hpp"
#include "worker/adapters/redis/scripts.hpp"

// The connection: TLS, users, time-outs, and coming back.
namespace sendcode::redis_tests {
namespace {

using redis::redis_code_store;
using redis::redis_options;
using admit_result = ports::stored<ports::admit_reply>;

ports::admit_request any_event() {
  ports::admit_request out;
  out.token = random_token();
  out.environment_id = environment;
  out.request_id = random_request();
  out.birth = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  out.code_life = 10 * minute;
  out.challenge_id = to_hex(as_text(random_request()));
  out.application_id = "app_web";
  out.phone = "+6149157" + std::to_string(std::rand() % 10'000);
  return out;
}

// One store on one server, with what the hook heard.
struct connected {
  explicit connected(redis_options options)
      : store(io.get_executor(), std::move(options), subjects_key(), clock, [this](bool up) { heard.push_back(up); }) {
    log::set_up(log::level::error, log::format::text);
    store.start();
  }
  ~connected() {
    store.stop();
    io.restart();
    io.run_for(milliseconds{100});
  }

  admit_result admit() {
    const auto request = any_event();
    return run(io, store.admit(request));
  }
  // Asks until there is an answer, as the pipeline does.
  void admit_in_the_end() {
    bool done = false;
    const auto until = std::chrono::steady_clock::now() + seconds{10};
    while (!done && std::chrono::steady_clock::now() < until) {
      done = admit().has_value();
      io.restart();
      io.run_for(milliseconds{5});
    }
    REQUIRE(done);
  }

  boost::asio::io_context io;
  system_clock clock;
  std::vector<bool> heard;
  redis_code_store store;
};

std::string what_of(const admit_result& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().what;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

secret_ptr password(const char* text) {
  return std::make_shared<const secret>(std::string(text));
}

// A CA, a server's certificate for localhost and a client's, made by openssl.
struct certificates {
  certificates() {
    std::ofstream(file("extensions")) << "[server]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n[client]\n"
                                         "extendedKeyUsage=clientAuth\n[other]\nsubjectAltName=DNS:other.example\n";
    make(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 2 -keyout ca.key -out ca.crt");
    for (const char* name : {"server", "client", "other"}) {
      const std::string n = name;
      make("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + n + " -keyout " + n + ".key -out " +
           n + ".csr");
      make("x509 -req -in " + n +
           ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -extensions " + n + " -out " + n +
           ".crt");
    }
  }
  std::string file(const std::string& name) const { return (folder.path() / name).string(); }
  void make(const std::string& arguments) const {
    const std::string command = "cd " + folder.path().string() + " && openssl " + arguments + " >/dev/null 2>&1";
    REQUIRE(std::system(command.c_str()) == 0);
  }
  temporary_folder folder;
};

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

TEST_CASE("the first call waits for the first connection") {
  redis_server server;
  connected c(options_for(server.port()));
  CHECK_FALSE(c.store.ready());
  CHECK(c.admit().has_value());
  CHECK(c.heard == std::vector<bool>{true});
}

TEST_CASE("without a Redis, calls fail as outages after the first attempt, and go through once it is there") {
  redis_server server;
  server.stop();
  connected c(options_for(server.port()));
  CHECK_FALSE(c.admit().has_value());
  CHECK_FALSE(c.admit().has_value());
  CHECK(c.heard.empty());
  server.start();
  c.admit_in_the_end();
  CHECK(c.heard == std::vector<bool>{true});
}

TEST_CASE("a Redis that dies fails what is in flight, and the connection comes back by itself") {
  redis_server server;
  connected c(options_for(server.port()));
  REQUIRE(c.admit().has_value());
  server.stop();
  CHECK_FALSE(c.admit().has_value());
  CHECK(c.heard == std::vector<bool>{true, false});
  server.start();
  c.admit_in_the_end();
  CHECK(c.heard == std::vector<bool>{true, false, true});
}

TEST_CASE("a Redis that does not answer in time is an outage: all in flight fail, and later answers go nowhere") {
  redis_server server;
  auto options = options_for(server.port());
  options.timeout = milliseconds{100};
  connected c(options);
  c.admit_in_the_end();
  server.freeze();
  const auto began = std::chrono::steady_clock::now();
  std::vector<admit_result> results;
  std::vector<ports::admit_request> requests;
  for (int i = 0; i < 20; ++i) requests.push_back(any_event());
  for (const auto& request : requests) {
    boost::asio::co_spawn(c.io, c.store.admit(request),
                          [&](std::exception_ptr, admit_result result) { results.push_back(std::move(result)); });
  }
  run_until(c.io, [&] { return results.size() == requests.size(); });
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took >= milliseconds{100});
  CHECK(took < seconds{1});
  for (const auto& result : results) CHECK(contains(what_of(result), "did not answer in time"));
  CHECK(c.heard.back() == false);
  server.thaw();
  c.admit_in_the_end();
  // The frozen server may have run the scripts after all: the same tokens have the same answers.
  for (const auto& request : requests) {
    const auto again = run(c.io, c.store.admit(request));
    REQUIRE(again.has_value());
    CHECK(as<ports::granted>(*again).first_lease);
  }
}

TEST_CASE("calls issued at once go out together, and each gets its own answer") {
  redis_server server;
  connected c(options_for(server.port()));
  c.admit_in_the_end();
  raw_client raw(server.port());
  const auto reads = [&] {
    const std::string info = raw.command({"INFO", "stats"}).text;
    const auto at = info.find("total_reads_processed:");
    return std::stol(info.substr(at + 22));
  };
  constexpr int calls = 500;
  std::vector<ports::admit_request> requests;
  for (int i = 0; i < calls; ++i) requests.push_back(any_event());
  int right = 0;
  int done = 0;
  const long before = reads();
  for (const auto& request : requests) {
    boost::asio::co_spawn(c.io, c.store.admit(request), [&](std::exception_ptr, admit_result result) {
      ++done;
      const auto* granted = result ? std::get_if<ports::granted>(&*result) : nullptr;
      if (granted != nullptr && granted->nonce == request.fresh_nonce) ++right;
    });
  }
  run_until(c.io, [&] { return done == calls; });
  CHECK(right == calls);
  CHECK(reads() - before < 60);  // of 16 KiB each, not one a call
}

TEST_CASE("a script that Redis forgot is evaluated in place") {
  redis_server server;
  connected c(options_for(server.port()));
  REQUIRE(c.admit().has_value());
  raw_client raw(server.port());
  raw.command({"SCRIPT", "FLUSH"});
  CHECK(c.admit().has_value());
  CHECK(raw.command({"SCRIPT", "EXISTS", redis::admit_script.sha}).elements.at(0).integer == 1);
}

TEST_CASE("a Redis out of memory is an outage that says so, and nothing is half written") {
  redis_server server({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  connected c(options_for(server.port()));
  CHECK(contains(what_of(c.admit()), "no memory left"));
  CHECK(raw_client(server.port()).keys().empty());
  CHECK(c.store.ready());
}

TEST_CASE("a replica is not used, and the reason says what to change") {
  redis_server master;
  redis_server replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  connected c(options_for(replica.port()));
  CHECK(contains(what_of(c.admit()), "must name the master"));
  CHECK_FALSE(c.store.ready());
  raw_client(replica.port()).command({"REPLICAOF", "NO", "ONE"});
  c.admit_in_the_end();
}

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
    CHECK(
        raw.command({"ACL",      "SETUSER", "worker",       "on",         ">secret", "~sc:*", "resetchannels", "-@all",
                     "+evalsha", "+eval",   "+script|load", "+time",      "+get",    "+mget", "+set",          "+del",
                     "+lindex",  "+lpush",  "+ltrim",       "+pexpireat", "+role",   "+info", "+config|get"})
            .text == "OK");
    options.username = "worker";
    options.password = password("secret");
    connected c(options);
    auto request = any_event();
    request.limits = {phone_limit(1, hour), {domain::limit_kind::environment, "", false, 10, hour}};
    request.allowance = ports::allowance_check{10, true};
    const auto result = run(c.io, c.store.admit(request));
    REQUIRE(result.has_value());
    as<ports::granted>(*result);
    const auto guess = fixture::guess(request);
    CHECK(run(c.io, c.store.check(guess)).has_value());
    const auto approval = fixture::approval(request, request.fresh_nonce);
    CHECK(run(c.io, c.store.consume(approval)).has_value());
    const auto settlement = fixture::settlement(request, "SM1");
    CHECK(run(c.io, c.store.settle(settlement)).has_value());
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

TEST_CASE("stopping fails what is in flight") {
  redis_server server;
  connected c(options_for(server.port()));
  REQUIRE(c.admit().has_value());
  server.freeze();
  std::optional<admit_result> result;
  const auto request = any_event();
  boost::asio::co_spawn(c.io, c.store.admit(request),
                        [&](std::exception_ptr, admit_result reply) { result = std::move(reply); });
  boost::asio::post(c.io, [&] { c.store.stop(); });
  run_until(c.io, [&] { return result.has_value(); });
  CHECK_FALSE(result->has_value());
  server.thaw();
}

}  // namespace sendcode::redis_tests
