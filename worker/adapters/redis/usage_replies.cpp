#include "worker/adapters/redis/usage_replies.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sendcode::redis {
namespace {

constexpr std::size_t numbers_of_an_answer = 3;

bool is_number(const redis_reply& reply) {
  return reply.type == redis_reply::kind::integer && reply.integer >= 0;
}

void make_sorted_set(std::vector<std::string>& all) {
  std::ranges::sort(all);
  const auto rest = std::ranges::unique(all);
  all.erase(rest.begin(), rest.end());
}

}  // namespace

std::optional<ports::usage_reply> read_usage(const redis_reply& reply, std::size_t questions) {
  if (reply.elements.size() != questions + 1 || !is_number(reply.elements[0])) return std::nullopt;
  ports::usage_reply out{.store_now = from_unix_ms(reply.elements[0].integer), .answers = {}};
  for (std::size_t i = 1; i <= questions; ++i) {
    const auto& answer = reply.elements[i].elements;
    if (answer.size() != numbers_of_an_answer || !std::ranges::all_of(answer, is_number)) return std::nullopt;
    out.answers.push_back({.used = static_cast<std::uint64_t>(answer[0].integer),
                           .left = milliseconds{answer[1].integer},
                           .open = static_cast<std::uint64_t>(answer[2].integer)});
  }
  return out;
}

std::optional<scanned> read_scan(const redis_reply& reply) {
  if (reply.elements.size() != 2 || !reply.elements[0].is_text()) return std::nullopt;
  if (reply.elements[1].type != redis_reply::kind::array) return std::nullopt;
  return scanned{reply.elements[0].text, &reply.elements[1].elements};
}

subject_collector::subject_collector(std::string_view environment_id)
    : start_("sc:{" + std::string(environment_id) + "}:") {}

std::string subject_collector::pattern() const {
  return start_ + "[bf]:*";  // an environment's id has no character that means something in a pattern
}

void subject_collector::take(std::string_view key) {
  if (!key.starts_with(start_)) return;
  key.remove_prefix(start_.size());
  const auto after = [&](std::string_view kind) {
    if (!key.starts_with(kind)) return std::string_view{};
    return key.substr(kind.size(), key.find(':', kind.size()) - kind.size());
  };
  const std::array<std::pair<std::string_view, std::vector<std::string>*>, 3> kinds{
      {{"b:country:", &found_.countries}, {"b:prefix:", &found_.prefixes}, {"f:", &found_.fraud_prefixes}}};
  for (const auto& [kind, into] : kinds) {
    if (const auto subject = after(kind); !subject.empty()) into->emplace_back(subject);
  }
}

ports::subjects_in_use subject_collector::found() && {
  for (auto* each : {&found_.countries, &found_.prefixes, &found_.fraud_prefixes}) make_sorted_set(*each);
  return std::move(found_);
}

}  // namespace sendcode::redis
