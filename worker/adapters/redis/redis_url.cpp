#include <charconv>

#include "worker/adapters/redis/redis_options.hpp"

namespace sendcode::redis {
namespace {

using parsed = std::expected<redis_address, std::string>;

parsed with_port(redis_address address, std::string_view port) {
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (failure != std::errc{} || end != port.data() + port.size() || address.port == 0) {
    return std::unexpected("its port must be a number from 1 to 65535");
  }
  return address;
}

}  // namespace

parsed parse_redis_url(std::string_view url) {
  redis_address address;
  if (url.starts_with("rediss://")) {
    address.tls = true;
    url.remove_prefix(9);
  } else if (url.starts_with("redis://")) {
    url.remove_prefix(8);
  } else if (url.starts_with("redis+sentinel://") || url.starts_with("redis+cluster://")) {
    return std::unexpected("Sentinel and Cluster are not served by this version: use redis:// or rediss://");
  } else {
    return std::unexpected("must begin with redis:// or rediss://");
  }
  if (url.find('@') != std::string_view::npos) {
    return std::unexpected("must not hold a user or password: use redis.username and redis.password");
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.find_first_of("/?# ") != std::string_view::npos) {
    return std::unexpected("must end after the port: there are no databases or options in it");
  }
  std::string_view host = url;
  std::string_view rest;
  if (url.starts_with('[')) {
    const auto close = url.find(']');
    if (close == std::string_view::npos) return std::unexpected("lacks the ] of its IPv6 address");
    host = url.substr(1, close - 1);
    rest = url.substr(close + 1);
  } else if (const auto colon = url.find(':'); colon != std::string_view::npos) {
    host = url.substr(0, colon);
    rest = url.substr(colon);
  }
  if (host.empty()) return std::unexpected("names no host");
  address.host = host;
  if (rest.empty()) return address;
  if (rest.front() != ':') return std::unexpected("must have a colon between host and port");
  return with_port(std::move(address), rest.substr(1));
}

std::string to_text(const redis_address& address) {
  const bool bracketed = address.host.find(':') != std::string::npos;
  return (bracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace sendcode::redis
