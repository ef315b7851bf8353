#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/integration/kafka/cluster.hpp"
#include "worker/adapters/kafka/stream.hpp"

namespace sendcode::tests {

// A shard that keeps what it gets until the test says otherwise.
class inbox final : public ports::record_sink {
 public:
  void accept(std::vector<ports::incoming_record> batch) override;

  // Waits until this many came since the start; false when patience is over.
  bool wait_for(std::size_t count);
  std::size_t count() const;
  std::vector<ports::incoming_record> take();  // what came since the last time, in order

 private:
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::vector<ports::incoming_record> records_;
  std::size_t count_ = 0;
};

// The topics of one test, and a group.
struct test_topics {
  std::string send_code;
  std::string statuses;
  std::string dead_letters;
  std::string group;
};
// Records with the keys k0, k1, ... and the values 0, 1, ...
std::vector<test_record> numbered(int count, std::int32_t partition = 0, int first = 0);
test_topics make_topics(cluster& kafka, int partitions);
kafka::stream_options options_for(const cluster& kafka, const test_topics& topics);

// A worker's share of the stream: shards, a stream, and a clean end.
class worker_side {
 public:
  explicit worker_side(kafka::stream_options options, std::size_t shards = 1);
  ~worker_side();
  worker_side(const worker_side&) = delete;
  worker_side& operator=(const worker_side&) = delete;

  kafka::kafka_stream& stream() { return *stream_; }
  inbox& shard(std::size_t i = 0) { return *shards_[i]; }
  bool wait_for_partitions(std::int64_t count);
  bool wait_for_completed(std::uint64_t count);
  // Publishes an outcome for the record, and lets it go.
  void end(ports::incoming_record record, const std::string& value = "outcome");

  // As a worker ends: stop, let go, commit, leave. True if it was clean.
  bool finish();

  std::atomic<int> ups = 0;
  std::atomic<int> downs = 0;

  std::string fatal() const;

 private:
  std::vector<std::unique_ptr<inbox>> shards_;
  mutable std::mutex mutex_;
  std::string fatal_;
  std::unique_ptr<kafka::kafka_stream> stream_;
};

}  // namespace sendcode::tests
