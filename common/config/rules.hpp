#pragma once

#include "common/config/cursor.hpp"

// Forms of text that more than one document uses.
namespace sendcode::config {

extern const text_rule identifier;        // [A-Za-z0-9_-]{1,64}
extern const text_rule secret_file_name;  // parts of [A-Za-z0-9._-]{1,64}, at most 9, none "." or ".."
extern const text_rule any_text;          // without control characters, at most 1,024 bytes
extern const text_rule e164_number;       // +61491570006
extern const text_rule country_code;      // assigned in ISO 3166-1 alpha-2
extern const text_rule https_url;         // https://, or http:// to a loopback host: common/url.hpp

struct host_port {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const host_port&) const = default;
};
// "127.0.0.1:9464", "[::1]:0", "redis.internal" (then `default_port`).
std::optional<host_port> parse_host_port(std::string_view text, std::optional<std::uint16_t> default_port);

}  // namespace sendcode::config
