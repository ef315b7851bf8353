#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "worker/adapters/kafka/group_member.hpp"
#include "worker/adapters/kafka/publisher.hpp"
#include "worker/adapters/kafka/records.hpp"
#include "worker/adapters/kafka/stream.hpp"

namespace sendcode::kafka {

// The thread that polls librdkafka. An eventfd that librdkafka writes to wakes it; a tick sees to it that polls never
// stop, whatever becomes of a wake-up.
class kafka_stream::intake {
 public:
  using time = std::chrono::steady_clock::time_point;

  intake(stream_options options, stream_hooks hooks);
  ~intake();
  intake(const intake&) = delete;
  intake& operator=(const intake&) = delete;

  std::expected<void, std::string> open();
  void start(std::vector<ports::record_sink*> shards);
  void publish(std::unique_ptr<publisher::outgoing> record) { publisher_.publish(std::move(record)); }
  void drop(ports::record_position position);
  void stop_intake();
  void finish(time patience_end, std::function<void(bool)> done);
  stream_counts counts() const;

 private:
  void wait_for_wake();
  void wait_for_tick();
  void turn();
  void deliver(message_ptr message);
  void settle(const ports::record_position& position, void (domain::offset_tracker::*how)(std::uint64_t));
  void apply_marks();
  void forget_wakes();
  void shut_down(time patience_end, const std::function<void(bool)>& done);

  const stream_options options_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  boost::asio::posix::stream_descriptor wake_{context_};
  boost::asio::steady_timer tick_{context_};
  link_state link_;
  publisher publisher_;
  group_member member_;
  queue_ptr records_ready_;
  queue_ptr reports_ready_;

  std::vector<ports::record_sink*> shards_;
  std::vector<std::vector<ports::incoming_record>> batches_;  // of this turn, one a shard
  std::shared_ptr<record_count> records_alive_ = std::make_shared<record_count>(0);
  std::size_t open_ = 0;
  bool above_mark_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  bool turn_posted_ = false;
  time commit_at_{};

  // For counts(), from any thread.
  std::atomic<std::int64_t> open_shown_ = 0;
  std::atomic<std::uint64_t> delivered_ = 0;
  std::atomic<std::uint64_t> completed_ = 0;
  std::atomic<std::uint64_t> truncations_ = 0;
  std::atomic<std::int64_t> partitions_ = 0;
  std::atomic<bool> paused_ = false;

  std::thread thread_;
};

}  // namespace sendcode::kafka
