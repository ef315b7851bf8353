#include "worker/app/commands/doctor_kafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "common/config/cursor.hpp"
#include "worker/app/commands/kafka_access.hpp"

namespace sendcode::app {
namespace {

using state = finding::state;
using std::chrono::days;

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

// One topic, and what is found of it, the worst first said.
class topic_judge {
 public:
  topic_judge(const kafka::topic_state& topic, topic_use use) : topic_(topic), use_(use) {
    found_.about = "topic " + topic.name;
    found_.detail = fmt::format("{} {}, {} {}", topic.partitions, topic.partitions == 1 ? "partition" : "partitions",
                                topic.replicas_least, topic.replicas_least == 1 ? "replica" : "replicas");
  }

  void judge_replication(std::size_t brokers);
  void judge_policy();
  void judge_retention(seconds code_life);
  void judge_partitions();
  finding result() && { return std::move(found_); }

 private:
  std::string value_of(const char* name) const {
    const auto found = topic_.configuration->find(name);
    return found == topic_.configuration->end() ? std::string() : found->second;
  }
  std::optional<std::int64_t> number_of(const char* name) const {
    const auto text = value_of(name);
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
  }
  // Each is told; the first of the worst has its advice told.
  void say(state is, const std::string& detail, std::string advice) {
    if (!detail.empty()) found_.detail += ", " + detail;
    if (is <= found_.is) return;
    found_.is = is;
    found_.advice = std::move(advice);
  }

  const kafka::topic_state& topic_;
  topic_use use_;
  finding found_;
};

void topic_judge::judge_replication(std::size_t brokers) {
  if (topic_.without_leader > 0) {
    say(state::unreachable, fmt::format("{} without a leader", topic_.without_leader),
        "nothing can be written there or read: see that the brokers run");
  }
  if (topic_.replicas_least < 2 && brokers > 1) {
    say(state::wrong, "", "a lost broker loses what it holds: give it a replication factor of 3");
  } else if (topic_.replicas_least < 2) {
    say(state::ok, "the one broker's", "");
  }
  if (!topic_.configuration) return;
  const auto needed = number_of("min.insync.replicas");
  if (!needed) return;
  if (topic_.in_sync_least < *needed) {
    say(state::wrong, fmt::format("{} in sync of min.insync.replicas {}", topic_.in_sync_least, *needed),
        "it refuses what is written: see that every broker runs and keeps up");
  } else if (topic_.replicas_least >= 3 && *needed < 2) {
    say(state::wrong, fmt::format("min.insync.replicas {}", *needed),
        "one broker alone may acknowledge what then is lost with it: set min.insync.replicas to 2");
  } else if (topic_.replicas_least > 1 && *needed >= topic_.replicas_least) {
    say(state::warning, fmt::format("min.insync.replicas {}", *needed),
        fmt::format("one broker less, and it refuses what is written: set min.insync.replicas to {}",
                    topic_.replicas_least - 1));
  } else {
    say(state::ok, fmt::format("min.insync.replicas {}", *needed), "");
  }
}

void topic_judge::judge_policy() {
  const auto policy = value_of("cleanup.policy");
  const std::string wanted = use_ == topic_use::settings ? "compact" : "delete";
  if (policy == wanted) {
    if (use_ == topic_use::settings) say(state::ok, "compacted", "");
    return;
  }
  say(state::wrong, "cleanup.policy " + policy,
      "set cleanup.policy to " + wanted +
          (use_ == topic_use::settings ? ", or settings vanish with time" : ", or records vanish behind newer ones"));
}

void topic_judge::judge_retention(seconds code_life) {
  const auto most = advised(use_);
  const auto kept_ms = number_of("retention.ms").value_or(-1);
  const milliseconds kept{kept_ms};
  if (kept_ms >= 0 && kept < code_life) {
    say(state::wrong,
        "kept for " + config::to_text(kept) + ", less than a code's life of " + config::to_text(code_life),
        fmt::format("records may be gone before they are read: set retention.ms to {}", most.count()));
  } else if (kept_ms < 0 || kept > most) {
    say(state::wrong, kept_ms < 0 ? "kept for ever" : "kept for " + config::to_text(kept),
        fmt::format("{}: set retention.ms to {} ({}) or less", why(use_), most.count(), config::to_text(most)));
  } else {
    say(state::ok, "kept for " + config::to_text(kept), "");
  }
  const auto bytes = number_of("retention.bytes").value_or(-1);
  if (bytes >= 0) {
    say(state::warning, fmt::format("retention.bytes {}", bytes),
        "much traffic shortens the time that records are kept: set retention.bytes to -1");
  }
}

void topic_judge::judge_partitions() {
  if (use_ != topic_use::settings || topic_.partitions == 1) return;
  say(state::warning, "",
      "one partition is enough, and keeps changes in order: with more, adding one moves environments to another, and "
      "both hold their settings");
}

}  // namespace

finding judge_topic(const kafka::topic_state& topic, topic_use use, seconds code_life, std::size_t brokers) {
  if (!topic.error.empty()) {
    return {.is = state::wrong,
            .about = "topic " + topic.name,
            .detail = topic.error,
            .advice = "create it, or give the worker's principal the right to DESCRIBE it"};
  }
  topic_judge judge(topic, use);
  judge.judge_replication(brokers);
  judge.judge_partitions();
  if (topic.configuration) {
    judge.judge_policy();
    if (use != topic_use::settings) judge.judge_retention(code_life);
    return std::move(judge).result();
  }
  auto out = std::move(judge).result();
  out.detail += ", how long it keeps records is unknown";
  if (out.is == state::ok) {
    out.is = state::unknown;
    out.advice = "look yourself, or give the worker's principal the right to DESCRIBE_CONFIGS";
  }
  return out;
}

void examine_kafka(const config::worker_config& config, seconds code_life, const teller& tell) {
  const auto& kafka = config.kafka;
  std::vector<std::pair<std::string, topic_use>> uses = {{kafka.send_code_topic, topic_use::send_code},
                                                         {kafka.delivery_status_topic, topic_use::delivery_status},
                                                         {kafka.dead_letter_topic, topic_use::dead_letter}};
  if (config.settings.directory.empty()) uses.emplace_back(kafka.settings_topic, topic_use::settings);
  std::vector<std::string> names;
  for (const auto& [name, use] : uses) names.push_back(name);
  const auto found = kafka::inspect_topics(to_properties(kafka), names, ask_most);
  if (!found) {
    tell({.is = state::unreachable,
          .about = "kafka",
          .detail = found.error(),
          .advice = "check kafka.properties, and that the brokers run"});
    return;
  }
  tell({.about = "kafka",
        .detail = fmt::format("answers, {} {}", found->brokers, found->brokers == 1 ? "broker" : "brokers")});
  for (std::size_t i = 0; i < uses.size(); ++i) {
    tell(judge_topic(found->topics[i], uses[i].second, code_life, found->brokers));
  }
}

}  // namespace sendcode::app
