#include "worker/adapters/kafka/record_reader.hpp"

#include <algorithm>
#include <utility>

#include "worker/adapters/kafka/client_conf.hpp"
#include "worker/adapters/kafka/records.hpp"
#include "worker/adapters/kafka/topic_lookup.hpp"

namespace sendcode::kafka {

struct record_reader::state {
  struct partition {
    std::int64_t next = 0;  // offset
    std::int64_t end = 0;   // at open()
  };

  last_error said;
  read_from from;
  std::vector<partition> partitions;
  client_ptr client;
  topic_ptr topic;
  queue_ptr queue;

  ~state() {
    for (std::size_t i = 0; queue && i < partitions.size(); ++i) {
      rd_kafka_consume_stop(topic.get(), static_cast<std::int32_t>(i));
    }
  }
  std::expected<void, std::string> start(std::chrono::milliseconds at_most);
  std::int64_t first_of(std::int32_t which, const watermarks& marks) const;
  bool is_at_end() const {
    return std::ranges::all_of(partitions, [](const partition& each) { return each.next >= each.end; });
  }
};

std::int64_t record_reader::state::first_of(std::int32_t which, const watermarks& marks) const {
  const bool named = from.where == read_from::kind::offset && from.partition == which;
  if (named && from.offset >= marks.low && from.offset <= marks.high) return from.offset;
  const bool at_end = from.where == read_from::kind::end || from.where == read_from::kind::offset;
  return at_end ? marks.high : marks.low;
}

std::expected<void, std::string> record_reader::state::start(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  const auto count = count_partitions(client.get(), topic.get(), said, deadline);
  if (!count) return std::unexpected(count.error());
  const char* const name = rd_kafka_topic_name(topic.get());

  auto times = make_partitions(*count);
  for (std::int32_t i = 0; i < *count; ++i) {
    const auto marks = query_watermarks(client.get(), topic.get(), i, deadline);
    if (!marks) return std::unexpected(marks.error());
    partitions.push_back({.next = first_of(i, *marks), .end = marks->high});
    rd_kafka_topic_partition_list_add(times.get(), name, i)->offset = to_unix_ms(from.since);
  }
  // Without an answer (not every broker has the look-up) it starts at the beginning: read() leaves out what is older.
  if (from.where == read_from::kind::time &&
      rd_kafka_offsets_for_times(client.get(), times.get(), static_cast<int>(left_until(deadline).count())) ==
          RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (int i = 0; i < times->cnt; ++i) {
      const auto& found = times->elems[i];
      auto& at = partitions[static_cast<std::size_t>(found.partition)];
      if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR) at.next = found.offset >= 0 ? found.offset : at.end;
    }
  }
  queue.reset(rd_kafka_queue_new(client.get()));
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const auto partition = static_cast<std::int32_t>(i);
    if (rd_kafka_consume_start_queue(topic.get(), partition, partitions[i].next, queue.get()) != 0) {
      return std::unexpected(std::string(rd_kafka_err2str(rd_kafka_last_error())));
    }
  }
  return {};
}

record_reader::record_reader(std::unique_ptr<state> made) : state_(std::move(made)) {}
record_reader::record_reader(record_reader&&) noexcept = default;
record_reader& record_reader::operator=(record_reader&&) noexcept = default;
record_reader::~record_reader() = default;

std::expected<record_reader, std::string> record_reader::open(const property_map& properties, const std::string& topic,
                                                              read_from from, std::chrono::milliseconds at_most) {
  auto conf = reader_conf(properties);
  if (!conf) return std::unexpected(to_sentence(conf.error()));
  auto made = std::make_unique<state>();
  made->from = from;
  rd_kafka_conf_set_opaque(conf->get(), &made->said);
  rd_kafka_conf_set_error_cb(conf->get(), &last_error::remember);
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!client) return std::unexpected(client.error());
  made->client = std::move(*client);
  made->topic.reset(rd_kafka_topic_new(made->client.get(), topic.c_str(), nullptr));
  if (!made->topic) return std::unexpected("the topic's name is not allowed: " + topic);
  if (auto started = made->start(at_most); !started) return std::unexpected(started.error());
  return record_reader(std::move(made));
}

std::expected<read_result, std::string> record_reader::read(const std::function<bool(const read_record&)>& each,
                                                            std::chrono::milliseconds at_most, bool until_end) {
  constexpr std::chrono::milliseconds slice{100};
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    if (until_end && state_->is_at_end()) return read_result::at_end;
    const auto rest = left_until(deadline);
    rd_kafka_poll(state_->client.get(), 0);  // error callbacks
    message_ptr message(rd_kafka_consume_queue(state_->queue.get(), static_cast<int>(std::min(rest, slice).count())));
    if (!message) {
      if (rest.count() == 0) return read_result::timed_out;
      continue;
    }
    const bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end) {
      return std::unexpected(std::string(rd_kafka_message_errstr(message.get())));
    }
    state_->partitions[static_cast<std::size_t>(message->partition)].next = message->offset + (is_end ? 0 : 1);
    if (is_end) continue;
    const ports::record_position position{nullptr, 0, message->partition, message->offset};
    const auto record = to_record(std::move(message), std::make_shared<record_count>(0), position);
    const bool too_old =
        state_->from.where == read_from::kind::time && record.appended_at && *record.appended_at < state_->from.since;
    if (too_old) continue;
    const read_record shown{.key = record.key,
                            .value = record.value.data() == nullptr ? std::nullopt : std::optional(record.value),
                            .headers = record.headers,
                            .appended_at = record.appended_at,
                            .partition = position.partition,
                            .offset = position.offset};
    if (!each(shown)) return read_result::stopped;
  }
}

std::int32_t record_reader::partition_count() const noexcept {
  return static_cast<std::int32_t>(state_->partitions.size());
}

std::expected<bool, std::string> record_reader::is_unchanged(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  const auto count = count_partitions(state_->client.get(), state_->topic.get(), state_->said, deadline);
  if (!count) return std::unexpected(count.error());
  return static_cast<std::size_t>(*count) == state_->partitions.size();
}

}  // namespace sendcode::kafka
