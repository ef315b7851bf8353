#include "tests/integration/kafka/worker_side.hpp"

#include <future>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace sendcode::tests {

void inbox::accept(std::vector<ports::incoming_record> batch) {
  const std::lock_guard lock(mutex_);
  count_ += batch.size();
  std::move(batch.begin(), batch.end(), std::back_inserter(records_));
  more_.notify_all();
}

bool inbox::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  return more_.wait_for(lock, patience, [&] { return count_ >= count; });
}

std::size_t inbox::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::vector<ports::incoming_record> inbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(records_, {});
}

std::vector<test_record> numbered(int count, std::int32_t partition, int first) {
  std::vector<test_record> records;
  for (int i = first; i < first + count; ++i) {
    records.push_back(
        {.key = "k" + std::to_string(i), .value = std::to_string(i), .headers = {}, .partition = partition});
  }
  return records;
}

test_topics make_topics(cluster& kafka, int partitions) {
  return {.send_code = kafka.make_topic("send-code", partitions),
          .statuses = kafka.make_topic("statuses", 1),
          .dead_letters = kafka.make_topic("dead-letters", 1),
          .group = kafka.unique("group")};
}

kafka::stream_options options_for(const cluster& kafka, const test_topics& topics) {
  kafka::stream_options options;
  options.properties = kafka.properties();
  if (!cluster::is_real()) {
    // The mock lets every rebalance take as long as a session, less a second, and the first one 3 s: a shorter session
    // would end before it.
    options.properties["session.timeout.ms"] = "4000";
    options.properties["heartbeat.interval.ms"] = "500";
  }
  options.group = topics.group;
  options.send_code_topic = topics.send_code;
  options.status_topic = topics.statuses;
  options.dead_letter_topic = topics.dead_letters;
  return options;
}

worker_side::worker_side(kafka::stream_options options, std::size_t shards) {
  kafka::stream_hooks hooks;
  hooks.on_fatal = [this](const std::string& reason) {
    const std::lock_guard lock(mutex_);
    fatal_ = reason;
  };
  hooks.on_up = [this](bool up) { ++(up ? ups : downs); };
  auto opened = kafka::kafka_stream::open(std::move(options), std::move(hooks));
  if (!opened) throw std::runtime_error(opened.error());
  stream_ = std::move(*opened);
  std::vector<ports::record_sink*> sinks;
  for (std::size_t i = 0; i < shards; ++i) sinks.push_back(shards_.emplace_back(std::make_unique<inbox>()).get());
  stream_->start(std::move(sinks));
}

worker_side::~worker_side() {
  if (stream_) finish();
}

bool worker_side::wait_for_partitions(std::int64_t count) {
  return eventually([&] { return stream_->counts().partitions == count; });
}

bool worker_side::wait_for_completed(std::uint64_t count) {
  return eventually([&] { return stream_->counts().completed >= count; });
}

void worker_side::end(ports::incoming_record record, const std::string& value) {
  stream_->publish({.topic = ports::topic::delivery_status, .key = "challenge", .headers = {}, .value = value},
                   std::move(record.position));
}

bool worker_side::finish() {
  stream_->stop_intake();
  for (auto& each : shards_) each->take();
  std::promise<bool> over;
  stream_->finish(std::chrono::steady_clock::now() + patience, [&](bool clean) { over.set_value(clean); });
  const bool clean = over.get_future().get();
  for (auto& each : shards_) each->take();
  stream_.reset();
  return clean;
}

std::string worker_side::fatal() const {
  const std::lock_guard lock(mutex_);
  return fatal_;
}

}  // namespace sendcode::tests
