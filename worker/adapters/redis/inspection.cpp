#include "worker/adapters/redis/inspection.hpp"

#include <charconv>

#include "worker/adapters/redis/errors.hpp"

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
  const auto connection = std::make_shared<redis_connection>(std::move(executor), std::move(options),
                                                             std::vector<const script*>{}, [](bool) {});
  connection->start();
  co_await connection->first_attempt();
  redis_command command;
  command.add("TIME");
  const auto time = co_await connection->execute(command);
  command.clear();
  command.add("INFO").add("memory");
  const auto memory = co_await connection->execute(command);
  connection->stop();
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
