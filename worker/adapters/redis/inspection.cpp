#include "worker/adapters/redis/inspection.hpp"

#include <algorithm>
#include <charconv>

#include "worker/adapters/redis/errors.hpp"
#include "worker/adapters/redis/inquiry.hpp"
#include "worker/adapters/redis/slot_map.hpp"
#include "worker/adapters/redis/topology.hpp"

namespace sendcode::redis {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr int measurements = 7;  // of the latency

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

void read_info(std::string_view info, redis_state& out) {
  out.version = value_of(info, "redis_version");
  out.memory_policy = value_of(info, "maxmemory_policy");
  out.used_bytes = number(value_of(info, "used_memory"));
  out.most_bytes = number(value_of(info, "maxmemory"));
  out.replicas = number(value_of(info, "connected_slaves"));
  if (const auto on = number(value_of(info, "aof_enabled"))) out.appends = *on != 0;
  out.append_status = value_of(info, "aof_last_write_status");
  out.snapshot_status = value_of(info, "rdb_last_bgsave_status");
}

void read_clock(const redis_reply& time, redis_state& out) {
  if (time.elements.size() != 2) return;
  const auto s = number(time.elements[0].text).value_or(0);
  const auto us = number(time.elements[1].text).value_or(0);
  out.now = from_unix_ms(static_cast<std::int64_t>(s * 1000 + us / 1000));
}

// Its clock, asked for several times, of which the middle is taken: one may have waited for something else.
awaitable<void> measure(std::shared_ptr<redis_connection> master, std::chrono::milliseconds timeout, redis_state& out) {
  std::vector<microseconds> taken;
  redis_command command;
  command.add("TIME");
  for (int i = 0; i < measurements; ++i) {
    const auto began = steady_clock::now();
    const manner how{.until = began + timeout};
    const auto time = co_await master->execute(command, how);
    taken.push_back(std::chrono::duration_cast<microseconds>(steady_clock::now() - began));
    if (!time || time->is_error()) {
      out.error = time ? explain(time->text) : time.error();
      co_return;
    }
    out.asked_at = std::chrono::floor<milliseconds>(std::chrono::system_clock::now() - taken.back() / 2);
    read_clock(*time, out);
  }
  std::ranges::sort(taken);
  out.latency = taken[taken.size() / 2];
  out.latency_worst = taken.back();
}

awaitable<redis_state> ask(std::shared_ptr<redis_connection> master, std::chrono::milliseconds timeout) {
  redis_state out{.address = to_text(master->address())};
  co_await measure(master, timeout, out);
  if (!out.error.empty()) co_return out;
  redis_command command;
  command.add("INFO");
  manner how{.until = steady_clock::now() + timeout};
  const auto info = co_await master->execute(command, how);
  if (info && info->is_text()) read_info(info->text, out);
  command.clear();
  command.add("CONFIG").add("GET").add("save");
  how.until = steady_clock::now() + timeout;
  const auto save = co_await master->execute(command, how);
  if (save && save->elements.size() == 2) out.takes_snapshots = !save->elements[1].text.empty();
  co_return out;
}

void read_slots(const slot_map& map, redis_states& out) {
  out.is_whole = true;
  for (std::size_t slot = 0; slot < slots_in_all; ++slot) {
    const auto at = static_cast<std::uint16_t>(slot);
    if (map.owner(at)) continue;
    out.is_whole = false;
    if (!out.without_master.empty() && out.without_master.back().second + 1 == at) {
      out.without_master.back().second = at;
    } else {
      out.without_master.emplace_back(at, at);
    }
  }
}

// The first node that answers tells for all.
awaitable<void> ask_for_slots(boost::asio::any_io_executor executor, const redis_options& options,
                              std::vector<redis_address> nodes, redis_states& out) {
  inquiry asking(executor, options, introduction::at_once);
  for (const redis_address& each : nodes) {
    redis_command question;
    question.add("CLUSTER").add("SLOTS");
    const deadline until = steady_clock::now() + options.connect_timeout;
    const reply_result reply = co_await asking.ask(each, std::move(question), until);
    if (!reply || reply->is_error()) continue;
    const auto map = slot_map::read(*reply, each);
    if (!map) continue;
    read_slots(*map, out);
    co_return;
  }
}

}  // namespace

awaitable<redis_states> inspect(boost::asio::any_io_executor executor, redis_options options) {
  const auto timeout = options.timeout;
  const bool is_cluster = options.mode == redis_mode::cluster;
  const auto named = to_text(is_cluster ? options.seeds.front() : options.address);
  const auto where = make_topology(executor, options, {}, {});
  where->start();
  co_await where->first_attempt();
  redis_states out;
  const auto masters = where->masters();
  std::vector<redis_address> nodes;
  for (const auto& each : masters) {
    auto state = co_await ask(each, timeout);
    if (state.error.empty()) nodes.push_back(each->address());
    out.masters.push_back(std::move(state));
  }
  if (out.masters.empty()) {
    // Of a cluster whose map is not known; any key finds out why.
    const auto none = where->route("sc:{doctor}");
    out.masters.push_back({.address = named, .error = none ? "the cluster tells no master" : none.error()});
  }
  if (is_cluster) co_await ask_for_slots(executor, options, nodes, out);
  where->stop();
  co_return out;
}

}  // namespace sendcode::redis
