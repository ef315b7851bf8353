#include <algorithm>

#include "worker/config/config_reader.hpp"

namespace sendcode::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct redis_url {
  redis_mode mode = redis_mode::standalone;
  bool use_tls = false;
  std::vector<host_port> hosts;
  std::string master_name;
};

constexpr std::size_t redis_hosts_max = 16;

std::optional<redis_url> parse_redis_url(std::string_view text) {
  constexpr std::uint16_t redis_port = 6379;
  constexpr std::uint16_t sentinel_port = 26379;
  redis_url out;
  const auto scheme = text.substr(0, std::min(text.find("://"), text.size()));
  if (scheme == "rediss") {
    out.use_tls = true;
  } else if (scheme == "redis+sentinel") {
    out.mode = redis_mode::sentinel;
  } else if (scheme == "redis+cluster") {
    out.mode = redis_mode::cluster;
  } else if (scheme != "redis") {
    return std::nullopt;
  }
  if (text.size() == scheme.size()) return std::nullopt;
  text.remove_prefix(scheme.size() + 3);
  const auto slash = std::min(text.find('/'), text.size());
  const auto path = text.substr(std::min(slash + 1, text.size()));
  auto hosts = text.substr(0, slash);
  while (true) {
    const auto comma = std::min(hosts.find(','), hosts.size());
    const auto host =
        parse_host_port(hosts.substr(0, comma), out.mode == redis_mode::sentinel ? sentinel_port : redis_port);
    if (!host || host->port == 0 || out.hosts.size() == redis_hosts_max) return std::nullopt;
    out.hosts.push_back(*host);
    if (comma == hosts.size()) break;
    hosts.remove_prefix(comma + 1);
  }
  if (out.mode == redis_mode::standalone && out.hosts.size() != 1) return std::nullopt;
  if (out.mode != redis_mode::sentinel) return path.empty() ? std::optional(out) : std::nullopt;
  // Redis allows these in a master's name.
  const bool named = !path.empty() && path.size() <= 128 && std::ranges::all_of(path, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
  if (!named) return std::nullopt;
  out.master_name = path;
  return out;
}

constexpr text_rule redis_url_rule{
    [](std::string_view t) { return parse_redis_url(t).has_value(); },
    "redis://host:port, rediss://host:port, redis+sentinel://host,host/master or redis+cluster://host,host, without "
    "user, password (redis.username, redis.password) or database"};

}  // namespace

void config_reader::read_redis(const cursor& in) {
  if (!in.expect_map({"url", "username", "password", "tls", "timeout", "replicas_min", "dedupe_ttl"})) return;
  constexpr std::int64_t replicas_max = 5;
  auto& out = out_->redis;
  read_redis_url(in.need("url"), in["tls"]);
  out.username = in["username"].text(any_text).value_or("");
  if (const auto password = in["password"]) want(password, out.password.emplace());
  if (!out.username.empty() && !in["password"]) in["username"].complain("only with redis.password");
  out.timeout = in["timeout"]
                    .duration({milliseconds{1}, seconds{10}, "100ms", duration_unit::milliseconds})
                    .value_or(milliseconds{100});
  out.replicas_min = static_cast<std::uint32_t>(in["replicas_min"].integer(0, replicas_max).value_or(0));
  const auto dedupe = in["dedupe_ttl"].duration({minutes{1}, hours{24 * 7}, "1h"});
  if (dedupe) out.dedupe_ttl = std::chrono::duration_cast<seconds>(*dedupe);
}

void config_reader::read_redis_url(const cursor& in, const cursor& tls) {
  auto& out = out_->redis;
  const auto* at = in.raw();
  const bool scalar = at != nullptr && at->kind == node_kind::scalar;
  auto parsed = scalar ? parse_redis_url(at->text) : std::nullopt;
  if (parsed) {
    out.mode = parsed->mode;
    out.hosts = std::move(parsed->hosts);
    out.master_name = std::move(parsed->master_name);
    out.use_tls = parsed->use_tls || (out.mode != redis_mode::standalone && static_cast<bool>(tls));
  } else if (scalar && at->text.find('@') != std::string::npos) {
    in.complain_secretly(redis_url_rule.allowed);  // there may be a password before the @
  } else {
    in.text(redis_url_rule);
  }
  if (!tls || !tls.expect_map({"ca_file", "certificate", "key"})) return;
  if (parsed && !out.use_tls) tls.complain_plainly("nothing, for the URL is redis://: with TLS it is rediss://");
  const bool client = tls["certificate"] || tls["key"];
  out.tls = {readable_file(tls["ca_file"]), readable_file(client ? tls.need("certificate") : tls["certificate"]),
             readable_file(client ? tls.need("key") : tls["key"])};
}

}  // namespace sendcode::config
