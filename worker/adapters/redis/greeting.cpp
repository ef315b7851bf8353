#include "worker/adapters/redis/greeting.hpp"

#include <algorithm>
#include <utility>

#include "worker/adapters/redis/errors.hpp"

namespace sendcode::redis {
namespace {

// The value of `name:value` in INFO's text; empty: not there.
std::string_view info_value(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    const auto end = std::min(info.find("\r\n", at), info.size());
    const std::string_view line = info.substr(at, end - at);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      return line.substr(name.size() + 1);
    }
    at = end + 2;
  }
  return {};
}

bool is_connection_matter(std::string_view error) {
  return error.starts_with("NOAUTH") || error.starts_with("WRONGPASS") || is_passing(error);
}

class greeter {
 public:
  greeter(std::shared_ptr<redis_link> link, deadline until) : link_(std::move(link)), until_(until) {}

  awaitable<void> authenticate(const redis_options& options) {
    result.failure = co_await log_in(link_, options, until_);
  }

  awaitable<void> check_role(redis_mode mode) {
    command_.clear();
    command_.add("ROLE");
    auto reply = co_await ask();
    std::string role;
    if (!reply.elements.empty()) role = reply.elements.front().text;
    if (reply.is_error() && !failed()) role = co_await info("replication", "role");
    if (failed()) co_return;
    if (role.empty()) {
      result.warnings.emplace_back("whether Redis is a master is unknown: its user may run neither ROLE nor INFO");
    } else if (role != "master") {
      result.failure = mode == redis_mode::standalone ? "this Redis is a replica: redis.url must name the master"
                                                      : "this Redis is a replica by now";
    }
  }

  awaitable<void> check_memory_policy() {
    command_.clear();
    command_.add("CONFIG").add("GET").add("maxmemory-policy");
    auto reply = co_await ask();
    std::string policy;
    if (reply.elements.size() == 2) policy = reply.elements[1].text;
    if (policy.empty() && !failed()) policy = co_await info("memory", "maxmemory_policy");
    if (failed()) co_return;
    if (policy.empty()) {
      result.warnings.emplace_back(
          "Redis' maxmemory-policy is unknown, for its user may run neither CONFIG GET nor INFO: it must be "
          "noeviction");
    } else if (policy != "noeviction") {
      result.warnings.emplace_back("Redis' maxmemory-policy is " + policy +
                                   ": set it to noeviction, or Redis drops limits and codes when memory is short");
    }
  }

  awaitable<void> load(const script& each) {
    command_.clear();
    command_.add("SCRIPT").add("LOAD").add(each.body);
    const auto reply = co_await ask();
    if (failed() || !reply.is_error()) co_return;
    // A user that may not SCRIPT LOAD still has EVAL, which each first call falls back on.
    if (!reply.text.starts_with("NOPERM")) result.failure = explain(reply.text);
  }

  bool failed() const noexcept { return !result.failure.empty(); }
  greeting result;

 private:
  // Lost connections, and errors that no other command would survive, end the greeting.
  awaitable<redis_reply> ask() {
    const manner how{until_};
    auto reply = co_await link_->request(command_, how);
    if (!reply) {
      result.failure = std::move(reply.error());
      co_return redis_reply{.type = redis_reply::kind::error, .text = {}, .integer = 0, .elements = {}};
    }
    if (reply->is_error() && is_connection_matter(reply->text)) result.failure = explain(reply->text);
    co_return std::move(*reply);
  }

  awaitable<std::string> info(std::string_view section, std::string_view name) {
    command_.clear();
    command_.add("INFO").add(section);
    const auto reply = co_await ask();
    if (reply.is_error()) co_return std::string{};
    co_return std::string(info_value(reply.text, name));
  }

  std::shared_ptr<redis_link> link_;
  deadline until_;
  redis_command command_;
};

}  // namespace

awaitable<std::string> log_in(std::shared_ptr<redis_link> link, const redis_options& options, deadline until) {
  const secret_ptr password = options.password_by_now ? options.password_by_now() : options.password;
  if (!password) co_return std::string{};
  redis_command command;
  command.add("AUTH");
  if (!options.username.empty()) command.add(options.username);
  command.add(password->expose());
  const manner how{until};
  auto reply = co_await link->request(command, how);
  command.wipe();
  if (!reply) co_return std::move(reply.error());
  if (!reply->is_error()) co_return std::string{};
  // An error about the command itself may repeat its words, and one of them is the password.
  const bool repeats = reply->text.find("with args") != std::string::npos;
  co_return explain(repeats ? std::string_view("ERR AUTH is not understood") : std::string_view(reply->text));
}

awaitable<greeting> greet(std::shared_ptr<redis_link> link, const redis_options& options,
                          std::span<const script* const> scripts, deadline until) {
  greeter host(std::move(link), until);
  co_await host.authenticate(options);
  if (!host.failed()) co_await host.check_role(options.mode);
  if (!host.failed()) co_await host.check_memory_policy();
  for (const script* each : scripts) {
    if (!host.failed()) co_await host.load(*each);
  }
  co_return std::move(host.result);
}

}  // namespace sendcode::redis
