#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "worker/adapters/kafka/assignment.hpp"
#include "worker/adapters/kafka/handles.hpp"
#include "worker/adapters/kafka/link_state.hpp"
#include "worker/adapters/kafka/rebalance_watch.hpp"

namespace sendcode::kafka {

// The consuming half: membership in the group, which partitions are ours, what is committed and what pauses. Everything
// here is the intake thread's, and librdkafka calls back within next() alone. Nothing waits, close() excepted.
class group_member {
 public:
  using time = std::chrono::steady_clock::time_point;

  group_member(std::string topic, std::chrono::milliseconds drain, std::size_t span_max, link_state& link);

  // Once, before anything else. The error is librdkafka's sentence.
  std::expected<void, std::string> open(conf_ptr conf, const std::vector<std::string>& topics_needed);
  queue_ptr queue() const { return queue_ptr(rd_kafka_queue_get_consumer(client_.get())); }

  // Joins the group once every topic is there; until then asks again at growing intervals, and waits at most a second
  // for each answer.
  void tick(time now);

  // The next record of a partition that is ours, or nothing when there is none now. Serves max.poll.interval.ms,
  // rebalances and commits' answers.
  message_ptr next();
  // Whose records are delivered: not those of a partition that is being given back.
  const std::shared_ptr<ports::assignment>& holder(std::int32_t partition) const;

  void hold_all(bool hold);  // pauses everything, or no longer
  // Pauses the partitions whose span is full, and resumes them at half; held events that stand in the way end.
  void check_spans();
  void settled(const ports::assignment& held);  // one of its events is no longer open
  // What changed since the last time. False: not now, for the group rebalances, or may be about to (that counts until
  // `at_latest` only).
  bool commit(time now, time at_latest);

  // Waits for the last commit until its deadline at most, and for the group to be left. False: a commit was still
  // unanswered. Leaving may stay so without harm: the partitions move a session later.
  bool close(time commit_deadline, std::chrono::seconds leave_max);
  bool has_left() const;  // or never joined: it may be destroyed
  void abandon();         // instead: leaves its memory to the end of the process

  std::uint64_t truncations() const { return truncations_; }
  std::size_t partitions() const { return held_.size(); }

 private:
  struct held_partition {
    std::shared_ptr<ports::assignment> assignment;
    std::int64_t committed = RD_KAFKA_OFFSET_INVALID;  // asked for; forgotten again when the commit fails
    bool paused = false;
    bool span_full = false;
    bool leaving = false;
  };
  // A revocation under way: what was started gets its time, then the offsets are committed, then the partitions go.
  struct drain {
    partitions_ptr partitions;
    time deadline;
    std::optional<time> commit_until{};  // what was started has ended, or its time is over: it is time to commit
    bool uncommitted = false;            // the commit is to be sent: for the first time, or again because it failed
  };

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list, void* self);
  static void on_commit(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list, void* self);
  static void on_error(rd_kafka_t* client, int error, const char* text, void* self);

  void assigned(const rd_kafka_topic_partition_list_t& list);
  void revoked(const rd_kafka_topic_partition_list_t& list);
  void give_back(const rd_kafka_topic_partition_list_t& list);
  void advance_drain(time now);
  void start_over(std::int32_t partition);
  void handle_error(const rd_kafka_message_t& message);
  void apply_pauses();
  void wake_fetching(const rd_kafka_topic_partition_list_t& resumed);
  bool topics_are_there();
  void send_commit();

  const std::string topic_;
  const std::chrono::milliseconds drain_time_;
  const std::size_t span_max_;
  link_state& link_;
  std::unique_ptr<rebalance_watch> watch_ = std::make_unique<rebalance_watch>();
  client_ptr client_;
  std::vector<topic_ptr> topics_needed_;
  std::unordered_map<std::int32_t, held_partition> held_;
  std::optional<drain> drain_;            // of the current rebalance: a newer one replaces it
  std::vector<std::int32_t> start_over_;  // partitions without a usable offset, until no rebalance is under way
  std::size_t commits_in_flight_ = 0;
  bool subscribed_ = false;
  bool was_assigned_ = false;  // at least once, be it nothing
  bool hold_all_ = false;
  bool closing_ = false;
  occasional topic_checks_;
  int asked_in_vain_ = 0;
  occasional commit_complaints_;
  std::uint64_t truncations_ = 0;
};

}  // namespace sendcode::kafka
