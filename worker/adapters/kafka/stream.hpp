#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/adapters/kafka/properties.hpp"
#include "worker/ports/event_stream.hpp"

namespace sendcode::kafka {

struct stream_options {
  property_map properties;
  std::string group = "sendcode";
  std::string send_code_topic = "sms.send-code";
  std::string status_topic = "sms.delivery-status";
  std::string dead_letter_topic = "sms.send-code.dead-letter";

  // Backpressure, in open events (delivered, and neither completed nor dropped): at the high mark every partition
  // pauses, at the low one they resume. Far enough apart, for a pause throws away what librdkafka had fetched.
  std::size_t open_high = 4'000;
  std::size_t open_low = 2'000;
  // A partition with this many events from its oldest open one to its newest pauses, and resumes at half of it. Held
  // events before that half end (must_make_room).
  std::size_t span_max = 20'000;
  // What the open events of a revoked partition get before it is given back.
  std::chrono::milliseconds revoke_drain{5'000};
  std::chrono::milliseconds commit_interval{1'000};
};

struct stream_hooks {
  // The client cannot go on (fenced, or an idempotent producer's fatal error): the process must end. Once, on the
  // intake thread.
  std::function<void(std::string reason)> on_fatal;
  // Kafka began or ceased to answer. On the intake thread.
  std::function<void(bool up)> on_up;
};

struct stream_counts {
  std::int64_t open = 0;               // events delivered, and neither completed nor dropped
  std::uint64_t delivered = 0;         // events
  std::uint64_t completed = 0;         // events whose outcome Kafka acknowledged
  std::uint64_t truncations = 0;       // times that a partition's log no longer had our offset
  std::uint64_t publish_failures = 0;  // records that had to be produced again
  std::uint64_t abandoned = 0;         // statuses without an event, given up in a long outage: 10,000 are kept
  std::int64_t partitions = 0;         // assigned now
  bool paused = false;                 // all of them, by backpressure, a stuck producer or stop_intake()
};

// The log, by librdkafka: a consumer in a group and an idempotent producer, served by one thread of its own, on which
// the sinks and hooks are called.
//
// Life: open, start, then stop_intake (nothing is delivered any more), and once the shards are idle, finish. It must
// outlive everything that publishes and every record that it delivered.
class kafka_stream final : public ports::event_stream {
 public:
  // Makes the clients; waits for nothing and reports no outage. The error names every property that is wrong.
  static std::expected<std::unique_ptr<kafka_stream>, std::string> open(stream_options options, stream_hooks hooks);
  ~kafka_stream() override;

  // Starts the intake thread: it waits for the topics, joins the group and hands batches to the sinks, the record key's
  // hash picking one.
  void start(std::vector<ports::record_sink*> shards);

  void publish(ports::outgoing_record record, std::optional<ports::record_position> completes) override;
  void drop(ports::record_position position) override;

  // Pauses every partition and delivers nothing from then on. Returns at once; any thread.
  void stop_intake();
  // Publishes what is left, commits, leaves the group and ends the thread. Returns at once; any thread. Takes 15 s at
  // most, or until 9 s after `patience_end`, where that is later and Kafka is not away: a broker that has just come
  // back is found again only after reconnect.backoff.max.ms. `done` is the last thing that the thread calls; true if
  // everything was acknowledged.
  void finish(std::chrono::steady_clock::time_point patience_end, std::function<void(bool clean)> done);

  stream_counts counts() const;  // any thread

 private:
  class intake;
  explicit kafka_stream(std::unique_ptr<intake> made);
  std::unique_ptr<intake> intake_;
};

}  // namespace sendcode::kafka
