#pragma once

#include <fstream>

#include "tests/integration/redis/connected.hpp"

// Certificates, and the Redis user that docs/redis.md advises, for tests on every kind of Redis.
namespace sendcode::redis_tests {

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

// With the line of docs/redis.md, and no more.
inline void make_documented_user(raw_client& raw) {
  const std::vector<std::string> line{"ACL",           "SETUSER", "sendcode",       "on",       ">secret",
                                      "resetchannels", "~sc:*",   "-@all",          "+evalsha", "+eval",
                                      "+script|load",  "+time",   "+get",           "+mget",    "+set",
                                      "+del",          "+exists", "+lindex",        "+role",    "+info",
                                      "+config|get",   "+wait",   "+cluster|slots", "+asking",  "+scan"};
  REQUIRE(raw.command(line).text == "OK");
}

inline redis_options as_documented_user(redis_options options) {
  options.username = "sendcode";
  options.password = password("secret");
  return options;
}

// A whole event, so that every script runs with all it may need.
inline void require_all_calls(connected& c) {
  auto request = any_event();
  request.limits = {phone_limit(1, hour), {domain::limit_kind::environment, "", false, 10, hour}};
  request.allowance = ports::allowance_check{10, true};
  const auto result = run(c.io, c.store.admit(request));
  INFO("admit: " << (result ? "" : result.error().what));
  REQUIRE(result.has_value());
  as<ports::granted>(*result);
  const auto renewal = fixture::renewal(request);
  CHECK(run(c.io, c.store.renew(renewal)).has_value());
  const auto guess = fixture::guess(request);
  CHECK(run(c.io, c.store.check(guess)).has_value());
  const auto approval = fixture::approval(request, request.fresh_nonce);
  CHECK(run(c.io, c.store.consume(approval)).has_value());
  const auto settlement = fixture::settlement(request, "SM1");
  CHECK(run(c.io, c.store.settle(settlement)).has_value());
  const ports::usage_request usage{request.environment_id, {{.limit = request.limits.at(0)}}};
  CHECK(run(c.io, c.store.usage(usage)).has_value());
  const auto subjects = run(c.io, c.store.subjects(request.environment_id, second));
  REQUIRE(subjects.has_value());
  CHECK(subjects->missing.empty());
}

}  // namespace sendcode::redis_tests
