#include "worker/app/commands/dead_letter_topic.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "worker/app/commands/kafka_access.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::minutes read_most{30};

// As little as can be read: a single offset's partition from there on, or from a time, else all.
kafka::read_from where_to_start(const letter_filter& filter) {
  using kind = kafka::read_from::kind;
  if (filter.partition >= 0 && !filter.offsets.empty()) {
    return {.where = kind::offset, .partition = filter.partition, .offset = std::ranges::min(filter.offsets)};
  }
  if (filter.since) return {.where = kind::time, .since = *filter.since};
  return {.where = kind::beginning};
}

template <typename T>
bool is_among(const T& value, const std::vector<T>& wanted) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

}  // namespace

bool letter_filter::accepts(const dead_letter& letter) const {
  return (partition < 0 || letter.partition == partition) && is_among(letter.offset, offsets) &&
         is_among(letter.error, errors) && (source_topic.empty() || letter.source_topic == source_topic) &&
         (!since || (letter.appended_at && *letter.appended_at >= *since)) &&
         letter.detail.find(detail) != std::string::npos;
}

std::expected<dead_letter_topic, std::string> dead_letter_topic::open(const config::worker_config& config,
                                                                      const letter_filter& filter) {
  const auto& name = config.kafka.dead_letter_topic;
  auto reader = kafka::record_reader::open(to_properties(config.kafka), name, where_to_start(filter), open_most);
  if (!reader) return std::unexpected(reader.error());
  return dead_letter_topic(std::move(*reader), name, filter);
}

std::optional<std::string> dead_letter_topic::wrong_partition() const {
  const auto count = reader_.partition_count();
  if (filter_.partition < count) return std::nullopt;
  return "the topic " + name_ + " has no partition " + std::to_string(filter_.partition) +
         (count == 1 ? ": 0 is the only one" : ": it has 0 to " + std::to_string(count - 1));
}

std::expected<bool, std::string> dead_letter_topic::read_records(
    const std::function<bool(const kafka::read_record&)>& each) {
  const auto end = reader_.read(each, read_most, true);
  if (!end) return std::unexpected(end.error());
  if (*end == kafka::read_result::timed_out) {
    return std::unexpected("the topic " + name_ + " could not be read to its end in time");
  }
  return *end == kafka::read_result::stopped;
}

std::expected<bool, std::string> dead_letter_topic::read(const std::function<bool(dead_letter)>& each) {
  return read_records([&](const kafka::read_record& record) {
    auto letter = to_dead_letter(record);
    return !letter || !filter_.accepts(*letter) || each(std::move(*letter));
  });
}

std::expected<dead_letter_topic::contents, std::string> dead_letter_topic::survey() {
  contents out;
  const auto end = read_records([&](const kafka::read_record& record) {
    if (const auto marked = marked_place(record)) {
      out.replayed.insert(*marked);
    } else if (const auto letter = to_dead_letter(record); letter && filter_.accepts(*letter)) {
      out.letters.insert(place_of(*letter));
    }
    return true;
  });
  if (!end) return std::unexpected(end.error());
  return out;
}

std::expected<std::set<letter_place>, std::string> dead_letter_topic::find_replayed() {
  std::set<letter_place> out;
  const auto end = read_records([&](const kafka::read_record& record) {
    if (const auto marked = marked_place(record)) out.insert(*marked);
    return true;
  });
  if (!end) return std::unexpected(end.error());
  return out;
}

}  // namespace sendcode::app
