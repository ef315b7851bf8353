#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sendcode::kafka {

// Follows the group's requests on the wire, for one question: may offsets be committed now? A commit that is sent while
// the group rebalances bears the generation before it: the coordinator refuses it, and librdkafka before 2.8 then takes
// all our partitions for lost. Written by librdkafka's threads, read by the intake thread.
class rebalance_watch {
 public:
  using time = std::chrono::steady_clock::time_point;

  // Before the client is made from it; the watch outlives the client.
  void install(rd_kafka_conf_t* conf);

  // Between JoinGroup and the answer to SyncGroup.
  bool is_joining() const { return joining_.load(std::memory_order_acquire); }

  // No rebalance can be about to begin: its first sign is a heartbeat's answer, and librdkafka's own threads need a
  // moment from there to JoinGroup.
  bool is_calm(time now) const;

  // A request, by its number in Kafka's protocol, is on the wire; its answer has come.
  void sent(std::int16_t request);
  void answered(std::int16_t request, time now);

 private:
  std::atomic<bool> joining_ = false;
  std::atomic<bool> heartbeat_out_ = false;
  std::atomic<time> heartbeat_answered_{};
};

}  // namespace sendcode::kafka
