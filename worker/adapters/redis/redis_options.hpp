#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "common/secret.hpp"
#include "common/timestamp.hpp"

namespace sendcode::redis {

struct redis_address {
  std::string host;  // name or address; IPv6 without its brackets
  std::uint16_t port = 6379;
  bool tls = false;

  bool operator==(const redis_address&) const = default;
};

// redis://host[:port] or rediss://host[:port]. The error is a sentence for the user; it never repeats the URL, which
// may hold a password.
std::expected<redis_address, std::string> parse_redis_url(std::string_view url);

// "redis.example.com:6379", for logs.
std::string to_text(const redis_address& address);

struct redis_tls_files {
  std::string ca_file;      // PEM; empty: the system's
  std::string certificate;  // PEM chain of the client; empty: none
  std::string key;          // PEM, with `certificate`
};

struct redis_options {
  redis_address address;
  std::string username;  // empty: Redis' default user
  secret_ptr password;   // null: no AUTH
  redis_tls_files tls;
  milliseconds timeout{100};                // of a command, from when it was issued
  milliseconds connect_timeout{2000};       // connect, TLS and greeting together
  milliseconds dedupe_ttl{60 * 60 * 1000};  // how long an event's record is kept at least
};

}  // namespace sendcode::redis
