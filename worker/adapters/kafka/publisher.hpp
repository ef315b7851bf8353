#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "worker/adapters/kafka/handles.hpp"
#include "worker/adapters/kafka/link_state.hpp"
#include "worker/ports/event_stream.hpp"

namespace sendcode::kafka {

// The producing half: each record is produced again and again, with the same content, until the log has acknowledged
// it. publish() is for any thread; the rest is the intake thread's.
class publisher {
 public:
  using time = std::chrono::steady_clock::time_point;

  // Lives until the delivery report: librdkafka reads the value from here, without a copy.
  struct outgoing {
    ports::outgoing_record record;
    std::optional<ports::record_position> completes;
    bool again = false;  // it failed before
  };

  struct hooks {
    // The producer didn't take the record: bring it to keep() on the intake thread. Called on the publishing thread.
    std::function<void(std::unique_ptr<outgoing>, rd_kafka_resp_err_t)> refused;
    std::function<void(const ports::record_position&)> completed;
  };

  publisher(link_state& link, hooks wired);
  ~publisher();
  publisher(const publisher&) = delete;
  publisher& operator=(const publisher&) = delete;

  // Once, before anything else. The error is librdkafka's sentence.
  std::expected<void, std::string> open(conf_ptr conf, const std::string& status_topic,
                                        const std::string& dead_letter_topic);

  void publish(std::unique_ptr<outgoing> record);

  void keep(std::unique_ptr<outgoing> record, rd_kafka_resp_err_t why);
  void poll();          // delivery reports
  void tick(time now);  // produces again what is kept
  // A record waits to be produced again, or was and nobody knows yet whether it worked this time.
  bool is_stuck() const { return !kept_.empty() || again_in_flight_ > 0; }
  // Waits until everything has been acknowledged, at most until the deadline. True: it has.
  bool flush(time deadline);

  // Wakes the intake thread when a delivery report waits: the queue to enable events on.
  queue_ptr reports() const { return queue_ptr(rd_kafka_queue_get_main(client_.get())); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::uint64_t abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

 private:
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self);
  static void on_error(rd_kafka_t* client, int error, const char* text, void* self);

  rd_kafka_topic_t* topic_of(const ports::outgoing_record& record) const;
  rd_kafka_resp_err_t produce(std::unique_ptr<outgoing>& record);
  void delivered(const rd_kafka_message_t& message);

  link_state& link_;
  hooks wired_;
  client_ptr client_;
  topic_ptr statuses_;
  topic_ptr dead_letters_;
  bool closing_ = false;
  std::deque<std::unique_ptr<outgoing>> kept_;  // not taken, or not delivered; in order
  std::size_t kept_without_event_ = 0;          // of those, the ones that complete no event
  std::size_t again_in_flight_ = 0;
  time retry_at_{};
  std::chrono::milliseconds retry_interval_;
  std::map<rd_kafka_resp_err_t, occasional> said_;
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> abandoned_ = 0;
};

}  // namespace sendcode::kafka
