#include "worker/app/commands/doctor_redis.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <utility>

#include "common/config/cursor.hpp"
#include "common/redaction.hpp"
#include "worker/adapters/redis/inspection.hpp"

namespace sendcode::app {
namespace {

using state = finding::state;

constexpr std::int64_t event_bytes = 400;         // in Redis, for dedupe_ttl
constexpr std::uint64_t room_percent_least = 10;  // of maxmemory
constexpr milliseconds skew_most{1'000};
constexpr int version_least = 7;
constexpr std::size_t ranges_shown_max = 4;

double in_ms(std::chrono::microseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Nothing: it does not say, or not as a number.
std::optional<int> major_version(const std::string& version) {
  int out = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), out);
  return error == std::errc() && end != version.data() ? std::optional(out) : std::nullopt;
}

finding judge_answers(const redis::redis_state& redis, const redis_wishes& wishes) {
  finding out{.about = "redis",
              .detail = fmt::format("a master that answers in {:.1f} ms (at worst {:.1f})", in_ms(redis.latency),
                                    in_ms(redis.latency_worst))};
  if (!redis.version.empty()) out.detail += ", version " + shown(redis.version);
  if (redis.replicas)
    out.detail += fmt::format(", {} {}", *redis.replicas, *redis.replicas == 1 ? "replica" : "replicas");
  out.detail += redis.memory_policy.empty() ? "; its user may not ask for the maxmemory-policy"
                                            : ", maxmemory-policy " + shown(redis.memory_policy);
  const auto version = major_version(redis.version);
  if (version && *version < version_least) {
    out.is = state::wrong;
    out.advice = "sendcode needs Redis 7 or later";
  } else if (!redis.memory_policy.empty() && redis.memory_policy != "noeviction") {
    out.is = state::wrong;
    out.advice = "set it to noeviction, or Redis drops limits and codes when memory is short";
  } else if (redis.replicas && *redis.replicas < wishes.replicas_min) {
    out.is = state::wrong;
    out.advice =
        fmt::format("redis.replicas_min is {}: every event waits until so many are connected", wishes.replicas_min);
  } else if (redis.latency_worst * 2 > wishes.timeout) {
    out.is = state::warning;
    out.advice = fmt::format(
        "redis.timeout is {} ms: slower answers are taken for an outage. Bring it nearer, or see "
        "what else it does",
        wishes.timeout.count());
  } else if (redis.memory_policy.empty()) {
    out.is = state::unknown;
    out.advice = "see that it is noeviction";
  }
  return out;
}

finding judge_persistence(const redis::redis_state& redis) {
  finding out{.about = "redis persistence"};
  if (!redis.appends) {
    out.is = state::unknown;
    out.detail = "its user may not run INFO";
    return out;
  }
  if (*redis.appends && redis.append_status == "err") {
    out.is = state::wrong;
    out.detail = "its append-only file cannot be written";
    out.advice = "see its log: a full disk? Until then it refuses writes, and intake waits";
    return out;
  }
  if (redis.takes_snapshots.value_or(true) && redis.snapshot_status == "err") {
    out.is = state::wrong;
    out.detail = "its last snapshot failed";
    out.advice = "see its log: a full disk? With stop-writes-on-bgsave-error it refuses writes, and intake waits";
    return out;
  }
  if (*redis.appends) {
    out.detail = "appends to a file";
    return out;
  }
  out.is = state::warning;
  out.detail = redis.takes_snapshots.value_or(false) ? "snapshots alone" : "none that is known";
  if (redis.takes_snapshots == false) out.detail = "none";
  out.advice =
      "a restart forgets what came since the last one: texts may go out twice, and used codes and lock-outs come back. "
      "Set appendonly to yes";
  return out;
}

finding judge_room(const redis::redis_state& redis, seconds dedupe_ttl) {
  finding out{.about = "redis memory"};
  if (!redis.used_bytes || !redis.most_bytes) {
    out.is = state::unknown;
    out.detail = "its user may not run INFO";
    return out;
  }
  const auto used = *redis.used_bytes;
  const auto most = *redis.most_bytes;
  if (most == 0) {
    out.is = state::warning;
    out.detail = fmt::format("{} MiB used, no maxmemory", used >> 20);
    out.advice = "set maxmemory below what the machine has, so that a full Redis refuses rather than dies";
    return out;
  }
  const auto left = most > used ? most - used : 0;
  const auto events = left / event_bytes;
  out.detail =
      fmt::format("{} of {} MiB used: room for {} events, {} a second at dedupe_ttl {}", used >> 20, most >> 20, events,
                  events / static_cast<std::uint64_t>(dedupe_ttl.count()), config::to_text(dedupe_ttl));
  if (left < most / 100 * room_percent_least) {
    out.is = state::wrong;
    out.advice = "raise maxmemory, or lower redis.dedupe_ttl: when it is full, intake waits";
  }
  return out;
}

finding judge_clock(const redis::redis_state& redis) {
  const auto skew = redis.asked_at - redis.now;
  finding out{
      .about = "clock",
      .detail = fmt::format("{} ms {} Redis'", std::abs(skew.count()), skew.count() < 0 ? "behind" : "ahead of")};
  if (std::chrono::abs(skew) > skew_most) {
    out.is = state::wrong;
    out.advice = "synchronise both machines' clocks (NTP)";
  }
  return out;
}

std::vector<finding> judge_master(const redis::redis_state& redis, const redis_wishes& wishes) {
  if (redis.error.empty()) {
    return {judge_answers(redis, wishes), judge_persistence(redis), judge_room(redis, wishes.dedupe_ttl),
            judge_clock(redis)};
  }
  return {{.is = state::unreachable,
           .about = "redis",
           .detail = redis.error,
           .advice = "check redis.url, redis.username and redis.password, and that it runs"}};
}

finding judge_slots(const redis::redis_states& redis) {
  finding out{.about = "redis cluster"};
  if (*redis.is_whole) {
    out.detail = fmt::format("every slot has a master, of {}", redis.masters.size());
    return out;
  }
  std::vector<std::string> ranges;
  for (const auto& [first, last] : redis.without_master) {
    if (ranges.size() == ranges_shown_max) {
      ranges.emplace_back("…");
      break;
    }
    ranges.push_back(first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
  }
  out.is = state::wrong;
  out.detail = fmt::format("no master serves the slots {}", fmt::join(ranges, ", "));
  out.advice = "environments whose keys are there wait: `redis-cli --cluster fix` gives the slots to the masters";
  return out;
}

}  // namespace

std::vector<finding> judge_redis(const redis::redis_states& redis, const redis_wishes& wishes) {
  std::vector<finding> out;
  for (const auto& each : redis.masters) {
    for (auto& found : judge_master(each, wishes)) {
      if (redis.masters.size() > 1 || !each.error.empty()) found.about += " of " + each.address;
      out.push_back(std::move(found));
    }
  }
  if (redis.is_whole) out.push_back(judge_slots(redis));
  return out;
}

awaitable<void> examine_redis(boost::asio::any_io_executor executor, redis::redis_options options, const teller& tell) {
  const redis_wishes wishes{.timeout = options.timeout,
                            .replicas_min = options.replicas_min,
                            .dedupe_ttl = std::chrono::duration_cast<seconds>(options.dedupe_ttl)};
  // Asked without: a master that has too few replicas would answer nothing at all.
  options.replicas_min = 0;
  const auto states = co_await redis::inspect(executor, std::move(options));
  for (auto& found : judge_redis(states, wishes)) tell(std::move(found));
}

}  // namespace sendcode::app
