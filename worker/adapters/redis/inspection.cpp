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

}  // namespace

awaitable<std::expected<redis_state, std::string>> inspect(boost::asio::any_io_executor executor,
                                                           redis_options options) {
  const auto timeout = options.timeout;
  const auto where = make_topology(executor, std::move(options), {}, {});
  where->start();
  co_await where->first_attempt();
  // Of a cluster the master that this key happens to belong to.
  const auto master = where->route("sc:{doctor}");
  if (!master) {
    where->stop();
    co_return std::unexpected(master.error());
  }
  redis_command command;
  command.add("TIME");
  manner how{.until = std::chrono::steady_clock::now() + timeout};
  const auto time = co_await (*master)->execute(command, how);
  command.clear();
  command.add("INFO").add("memory");
  how.until = std::chrono::steady_clock::now() + timeout;
  const auto memory = co_await (*master)->execute(command, how);
  where->stop();
  if (!time) co_return std::unexpected(time.error());
  if (time->is_error()) co_return std::unexpected(explain(time->text));
  redis_state out;
  if (time->elements.size() == 2) {
    const auto s = number(time->elements[0].text).value_or(0);
    const auto us = number(time->elements[1].text).value_or(0);
    out.now = from_unix_ms(static_cast<std::int64_t>(s * 1000 + us / 1000));
  }
  if (memory && memory->is_text()) {
    out.memory_policy = value_of(memory->text, "maxmemory_policy");
    out.used_bytes = number(value_of(memory->text, "used_memory"));
    out.most_bytes = number(value_of(memory->text, "maxmemory"));
  }
  co_return out;
}

}  // namespace sendcode::redis
