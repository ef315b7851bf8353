#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/secret.hpp"
#include "common/timestamp.hpp"
#include "worker/adapters/redis/redis_address.hpp"

namespace sendcode::redis {

struct redis_tls_files {
  std::string ca_file;      // PEM; empty: the system's
  std::string certificate;  // PEM chain of the client; empty: none
  std::string key;          // PEM, with `certificate`
};

enum class redis_mode : std::uint8_t { standalone, sentinel, cluster };

struct redis_options {
  redis_mode mode = redis_mode::standalone;
  redis_address address;             // of the one server; else not used
  std::vector<redis_address> seeds;  // the sentinels, or nodes of the cluster to begin with
  std::string master_name;           // as the sentinels know it
  std::string username;              // empty: Redis' default user
  secret_ptr password;               // null: no AUTH
  // Asked before each AUTH, on the connection's thread, for the password as it stands by then; empty: it never changes.
  std::function<secret_ptr()> password_by_now{};
  redis_tls_files tls;                      // for each connection to an address with TLS
  std::uint32_t replicas_min = 0;           // how many must have an admit or a consume before it counts
  milliseconds timeout{100};                // of a command, from when it was issued
  milliseconds connect_timeout{2000};       // connect, TLS and greeting together
  milliseconds dedupe_ttl{60 * 60 * 1000};  // how long an event's record is kept at least
};

}  // namespace sendcode::redis
