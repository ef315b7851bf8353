#include "worker/adapters/redis/inspection.hpp"

#include <charconv>

#include "worker/adapters/redis/errors.hpp"
#include "worker/adapters/redis/topology.hpp"

namespace sendcode::redis {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// INFO's lines, `name:value`.
std::string_view value_of(std::string_view info, std::string_view name) {
  const auto at = info.find("\n" + std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  const auto from = at + name.size() + 2;
  return info.substr(from, info.find('\r', from) - from);
}

awaitable<redis_state> ask(std::shared_ptr<redis_connection> master, std::chrono::milliseconds timeout) {
  redis_state out{.address = to_text(master->address())};
  redis_command command;
  command.add("TIME");
  const auto began = std::chrono::steady_clock::now();
  manner how{.until = began + timeout};
  const auto time = co_await master->execute(command, how);
  out.latency = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  out.asked_at = std::chrono::floor<milliseconds>(std::chrono::system_clock::now() - out.latency / 2);
  if (!time || time->is_error()) {
    out.error = time ? explain(time->text) : time.error();
    co_return out;
  }
  if (time->elements.size() == 2) {
    const auto s = number(time->elements[0].text).value_or(0);
    const auto us = number(time->elements[1].text).value_or(0);
    out.now = from_unix_ms(static_cast<std::int64_t>(s * 1000 + us / 1000));
  }
  command.clear();
  command.add("INFO").add("memory");
  how.until = std::chrono::steady_clock::now() + timeout;
  const auto memory = co_await master->execute(command, how);
  if (memory && memory->is_text()) {
    out.memory_policy = value_of(memory->text, "maxmemory_policy");
    out.used_bytes = number(value_of(memory->text, "used_memory"));
    out.most_bytes = number(value_of(memory->text, "maxmemory"));
  }
  co_return out;
}

}  // namespace

awaitable<std::vector<redis_state>> inspect(boost::asio::any_io_executor executor, redis_options options) {
  const auto timeout = options.timeout;
  const auto named = to_text(options.mode == redis_mode::cluster ? options.seeds.front() : options.address);
  const auto where = make_topology(executor, std::move(options), {}, {});
  where->start();
  co_await where->first_attempt();
  std::vector<redis_state> out;
  const auto masters = where->masters();
  for (const auto& each : masters) {
    auto state = co_await ask(each, timeout);
    out.push_back(std::move(state));
  }
  if (out.empty()) {
    // Of a cluster whose map is not known; any key finds out why.
    const auto none = where->route("sc:{doctor}");
    out.push_back({.address = named, .error = none ? "the cluster tells no master" : none.error()});
  }
  where->stop();
  co_return out;
}

}  // namespace sendcode::redis
