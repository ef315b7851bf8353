#include "worker/app/commands/doctor_findings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/config/cursor.hpp"
#include "common/redaction.hpp"

namespace sendcode::app {
namespace {

using state = finding::state;
using std::chrono::days;

constexpr std::int64_t event_bytes = 400;         // in Redis, for dedupe_ttl
constexpr std::uint64_t room_percent_least = 10;  // of maxmemory
constexpr milliseconds skew_most{1'000};

// How long personal data stands at the most: SECURITY.md's advice.
milliseconds advised(topic_use use) {
  switch (use) {
    case topic_use::send_code:
      return days{3};
    case topic_use::dead_letter:
      return days{7};
    case topic_use::delivery_status:
    case topic_use::settings:
      break;
  }
  return days{30};
}

std::string_view why(topic_use use) {
  switch (use) {
    case topic_use::send_code:
      return "it holds phone numbers in full";
    case topic_use::dead_letter:
      return "it holds whatever came, phone numbers too";
    case topic_use::delivery_status:
    case topic_use::settings:
      break;
  }
  return "it holds masked phone numbers";
}

finding judge_retention(finding out, std::int64_t kept_ms, topic_use use, seconds code_life) {
  const auto most = advised(use);
  const milliseconds kept{kept_ms};
  if (kept_ms >= 0 && kept < code_life) {
    out.is = state::wrong;
    out.detail += ", kept for " + config::to_text(kept) + ", less than a code's life of " + config::to_text(code_life);
    out.advice = fmt::format("records may be gone before they are read: set retention.ms to {}", most.count());
  } else if (kept_ms < 0 || kept > most) {
    out.is = state::wrong;
    out.detail += kept_ms < 0 ? ", kept for ever" : ", kept for " + config::to_text(kept);
    out.advice = fmt::format("{}: set retention.ms to {} ({}) or less", why(use), most.count(), config::to_text(most));
  } else {
    out.detail += ", kept for " + config::to_text(kept);
  }
  return out;
}

std::string_view word(state is) {
  switch (is) {
    case state::ok:
      return "ok";
    case state::unknown:
      return "unknown";
    case state::wrong:
      return "wrong";
    case state::unreachable:
      break;
  }
  return "unreachable";
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

finding judge_policy(const redis::redis_state& redis) {
  const auto answers = fmt::format("a master that answers in {:.1f} ms",
                                   std::chrono::duration<double, std::milli>(redis.latency).count());
  finding out{.about = "redis", .detail = answers + ", maxmemory-policy " + redis.memory_policy};
  if (redis.memory_policy.empty()) {
    out.is = state::unknown;
    out.detail = answers + "; its user may not ask for the maxmemory-policy";
    out.advice = "see that it is noeviction";
  } else if (redis.memory_policy != "noeviction") {
    out.is = state::wrong;
    out.advice = "set it to noeviction, or Redis drops limits and codes when memory is short";
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

std::vector<finding> judge_master(const redis::redis_state& redis, seconds dedupe_ttl) {
  if (redis.error.empty()) return {judge_policy(redis), judge_room(redis, dedupe_ttl), judge_clock(redis)};
  return {{.is = state::unreachable,
           .about = "redis",
           .detail = redis.error,
           .advice = "check redis.url, redis.username and redis.password, and that it runs"}};
}

}  // namespace

finding judge_topic(const kafka::topic_state& topic, topic_use use, seconds code_life) {
  finding out{.about = "topic " + topic.name};
  if (!topic.error.empty()) {
    out.is = state::wrong;
    out.detail = topic.error;
    out.advice = "create it, or give the worker's principal the right to DESCRIBE it";
    return out;
  }
  out.detail = fmt::format("{} {}", topic.partitions, topic.partitions == 1 ? "partition" : "partitions");
  if (!topic.configuration) {
    out.is = state::unknown;
    out.detail += ", how long it keeps records is unknown";
    out.advice = "look yourself, or give the worker's principal the right to DESCRIBE_CONFIGS";
    return out;
  }
  const auto find = [&](const char* name) {
    const auto found = topic.configuration->find(name);
    return found == topic.configuration->end() ? std::string() : found->second;
  };
  const auto policy = find("cleanup.policy");
  const std::string wanted = use == topic_use::settings ? "compact" : "delete";
  if (policy != wanted) {
    out.is = state::wrong;
    out.detail += ", cleanup.policy " + policy;
    out.advice =
        "set cleanup.policy to " + wanted +
        (use == topic_use::settings ? ", or settings vanish with time" : ", or records vanish behind newer ones");
    return out;
  }
  if (use == topic_use::settings) {
    out.detail += ", compacted";
    return out;
  }
  return judge_retention(std::move(out), std::atoll(find("retention.ms").c_str()), use, code_life);
}

std::vector<finding> judge_redis(const std::vector<redis::redis_state>& masters, seconds dedupe_ttl) {
  std::vector<finding> out;
  for (const auto& each : masters) {
    for (auto& found : judge_master(each, dedupe_ttl)) {
      if (masters.size() > 1) found.about += " of " + each.address;
      out.push_back(std::move(found));
    }
  }
  return out;
}

finding judge_account(const std::string& about, const senders::account_answer& answer) {
  finding out{.about = about};
  if (answer.http_status == 200 && answer.status == "active") {
    out.detail = "active";
    return out;
  }
  out.is = answer.http_status >= 500 || answer.http_status == 429 ? state::unreachable : state::wrong;
  out.detail =
      answer.http_status == 200 ? "status " + shown(answer.status) : fmt::format("HTTP {}", answer.http_status);
  out.advice = answer.http_status == 401   ? "Twilio refuses the auth token: put the account's own into its secret"
               : answer.http_status == 200 ? "ask Twilio why the account is not active"
               : out.is == state::wrong    ? "check account_sid, auth_token and region"
                                           : "try again later";
  return out;
}

finding judge_credentials(const std::string& about, unsigned http_status) {
  finding out{.about = about, .detail = "takes requests"};
  if (http_status == 200) return out;
  out.is = http_status >= 500 || http_status == 429 ? state::unreachable : state::wrong;
  out.detail = fmt::format("HTTP {}", http_status);
  out.advice = out.is == state::wrong ? "Twilio refuses it: check its sid and secret, and the account's region"
                                      : "try again later";
  return out;
}

std::string to_line(const finding& found) {
  auto out = fmt::format("{:<12} {:<36} {}", word(found.is), found.about, found.detail);
  if (!found.advice.empty()) out += ": " + found.advice;
  return out;
}

nlohmann::ordered_json to_json(const finding& found) {
  nlohmann::ordered_json out = {{"state", word(found.is)}, {"about", found.about}, {"detail", found.detail}};
  if (!found.advice.empty()) out["advice"] = found.advice;
  return out;
}

}  // namespace sendcode::app
