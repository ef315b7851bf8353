#include "worker/adapters/kafka/group_member.hpp"

#include <algorithm>
#include <utility>

#include "common/logging.hpp"
#include "worker/adapters/kafka/client_conf.hpp"

namespace sendcode::kafka {
namespace {

constexpr int metadata_timeout_ms = 1'000;

group_member& member(void* self) {
  return *static_cast<group_member*>(self);
}

}  // namespace

group_member::group_member(std::string topic, std::chrono::milliseconds drain, std::size_t span_max, link_state& link)
    : topic_(std::move(topic)), drain_time_(drain), span_max_(span_max), link_(link) {}

std::expected<void, std::string> group_member::open(conf_ptr conf, const std::vector<std::string>& topics_needed) {
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_rebalance_cb(conf.get(), &on_rebalance);
  rd_kafka_conf_set_offset_commit_cb(conf.get(), &on_commit);
  rd_kafka_conf_set_error_cb(conf.get(), &on_error);
  watch_->install(conf.get());
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(conf));
  if (!client) return std::unexpected(client.error());
  client_ = std::move(*client);
  rd_kafka_poll_set_consumer(client_.get());
  for (const auto& name : topics_needed) {
    topics_needed_.emplace_back(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    if (!topics_needed_.back()) return std::unexpected("the topic's name is not allowed: " + name);
  }
  return {};
}

bool group_member::topics_are_there() {
  const struct rd_kafka_metadata* raw = nullptr;
  const auto error = rd_kafka_metadata(client_.get(), 0, nullptr, &raw, metadata_timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // The first time the callback, which comes with the next poll, knows better why (refused credentials, TLS).
    if (asked_in_vain_++ > 0)
      link_.complain(client_.get(), RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, rd_kafka_err2str(error));
    return false;
  }
  const std::unique_ptr<const struct rd_kafka_metadata, destroyer<rd_kafka_metadata_destroy>> metadata(raw);
  asked_in_vain_ = 0;
  link_.alive();
  std::string missing;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& each = metadata->topics[i];
    if (each.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      missing += missing.empty() ? each.topic : std::string(", ") + each.topic;
    } else if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      link_.complain(client_.get(), each.err, each.topic);
      if (each.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return false;
    }
  }
  if (missing.empty()) return true;
  log::warn("topics are missing: create them, intake waits", {{"topics", missing}});
  return false;
}

void group_member::tick(time now) {
  advance_drain(now);
  const bool ask = !subscribed_ || link_.is_down();
  if (closing_ || !ask || !topic_checks_.is_due(now)) return;
  if (!topics_are_there() || subscribed_) return;
  topic_checks_.reset();
  topics_needed_.clear();
  auto wanted = make_partitions(1);
  rd_kafka_topic_partition_list_add(wanted.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  const auto error = rd_kafka_subscribe(client_.get(), wanted.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    link_.complain(client_.get(), error, "subscribe");
    return;
  }
  subscribed_ = true;
  log::info("joining the group", {{"topic", topic_}});
}

const std::shared_ptr<ports::assignment>& group_member::holder(std::int32_t partition) const {
  static const std::shared_ptr<ports::assignment> none;
  const auto found = held_.find(partition);
  return found == held_.end() || found->second.leaving ? none : found->second.assignment;
}

message_ptr group_member::next() {
  for (;;) {
    message_ptr message(rd_kafka_consumer_poll(client_.get(), 0));
    if (!message) return nullptr;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      handle_error(*message);
      continue;
    }
    if (!holder(message->partition)) continue;  // fetched before the partition was given back
    link_.alive();
    return message;
  }
}

void group_member::handle_error(const rd_kafka_message_t& message) {
  if (message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    link_.complain(client_.get(), message.err, rd_kafka_message_errstr(&message));
    return;
  }
  // One error for both: without a committed offset there is no offset to speak of, else it is the one that the log no
  // longer has (or doesn't have yet).
  if (message.offset >= 0) {
    ++truncations_;
    log::error(
        "the log no longer has the offset where we stood: records were deleted before they were handled. Check "
        "the topic's retention; starting at the earliest record",
        {{"topic", topic_}, {"partition", message.partition}, {"offset", std::int64_t{message.offset}}});
  } else {
    log::info("no committed offset: starting at the earliest record", {{"partition", message.partition}});
  }
  start_over_.push_back(message.partition);
  if (!drain_) start_over(message.partition);
}

// A seek is refused while librdkafka waits for an offset: taking the partition again at the beginning is not.
void group_member::start_over(std::int32_t partition) {
  std::erase(start_over_, partition);
  const auto found = held_.find(partition);
  if (found == held_.end() || found->second.leaving) return;
  auto list = make_partitions(1);
  auto* const entry = rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  const error_ptr unassigned(rd_kafka_incremental_unassign(client_.get(), list.get()));
  entry->offset = RD_KAFKA_OFFSET_BEGINNING;
  const error_ptr assigned_again(rd_kafka_incremental_assign(client_.get(), list.get()));
  for (const auto* error : {unassigned.get(), assigned_again.get()}) {
    if (error != nullptr) link_.complain(client_.get(), rd_kafka_error_code(error), rd_kafka_error_string(error));
  }
  // What was delivered from the lost stretch ends as it may; its offsets are of a log that is gone.
  found->second = {.assignment = std::make_shared<ports::assignment>(), .paused = found->second.paused};
  apply_pauses();
}

void group_member::hold_all(bool hold) {
  if (hold == hold_all_) return;
  hold_all_ = hold;
  apply_pauses();
}

void group_member::check_spans() {
  bool changed = false;
  for (auto& [partition, held] : held_) {
    const auto& offsets = held.assignment->offsets;
    const auto span = offsets.span();
    const bool full = held.span_full ? span > span_max_ / 2 : span >= span_max_;
    // What stands before this keeps the partition from going on: what of it is held may be so for many minutes, in
    // which no environment's events would come in, so it ends.
    const auto room_before = full ? offsets.oldest() + span - span_max_ / 2 : 0;
    held.assignment->room_before.store(room_before, std::memory_order_release);
    if (full == held.span_full) continue;
    held.span_full = full;
    changed = true;
    if (full) log::warn("a partition waits for its oldest event", {{"partition", partition}, {"span", span}});
  }
  if (changed) apply_pauses();
}

void group_member::apply_pauses() {
  auto pausing = make_partitions(static_cast<int>(held_.size()));
  auto resuming = make_partitions(static_cast<int>(held_.size()));
  for (auto& [partition, held] : held_) {
    const bool pause = hold_all_ || held.span_full || held.leaving;
    if (pause == held.paused) continue;
    held.paused = pause;
    rd_kafka_topic_partition_list_add(pause ? pausing.get() : resuming.get(), topic_.c_str(), partition);
  }
  if (pausing->cnt > 0) rd_kafka_pause_partitions(client_.get(), pausing.get());
  if (resuming->cnt == 0) return;
  rd_kafka_resume_partitions(client_.get(), resuming.get());
  wake_fetching(*resuming);
}

// A broker's thread in librdkafka does not hear of a resume. It sleeps for up to a second once nothing is left to
// fetch, so that a backlog would be worked off at `open_high` events a second. A seek wakes it: to where the partition
// stands anyway, for pausing threw away what was fetched beyond.
void group_member::wake_fetching(const rd_kafka_topic_partition_list_t& resumed) {
  auto seeking = make_partitions(resumed.cnt);
  for (int i = 0; i < resumed.cnt; ++i) {
    const auto partition = resumed.elems[i].partition;
    const auto next = held_.at(partition).assignment->offsets.next();
    if (next) rd_kafka_topic_partition_list_add(seeking.get(), topic_.c_str(), partition)->offset = *next;
  }
  if (seeking->cnt == 0) return;
  const error_ptr failed(rd_kafka_seek_partitions(client_.get(), seeking.get(), 0));  // without waiting
  if (failed) link_.complain(client_.get(), rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
}

bool group_member::commit(time now, time at_latest) {
  if (watch_->is_joining() || (now < at_latest && !watch_->is_calm(now))) return false;
  send_commit();
  return true;
}

void group_member::send_commit() {
  auto list = make_partitions(static_cast<int>(held_.size()));
  for (auto& [partition, held] : held_) {
    const auto offset = held.assignment->offsets.committable();
    if (!offset || *offset == held.committed) continue;
    held.committed = *offset;
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = *offset;
  }
  if (list->cnt == 0) return;
  const auto error = rd_kafka_commit(client_.get(), list.get(), 1);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++commits_in_flight_;
  } else {
    for (auto& [partition, held] : held_) held.committed = RD_KAFKA_OFFSET_INVALID;
    link_.complain(client_.get(), error, "commit");
  }
}

void group_member::on_commit(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                             void* self) {
  auto& me = member(self);
  if (me.commits_in_flight_ > 0) --me.commits_in_flight_;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    me.link_.alive();
    me.commit_complaints_.reset();
  } else if (me.commit_complaints_.is_due(std::chrono::steady_clock::now())) {
    log::warn("a commit of offsets failed: it is tried again", {{"error", rd_kafka_err2name(error)}});
  }
  if (list == nullptr) return;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& each = list->elems[i];
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && each.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (me.drain_) me.drain_->uncommitted = true;
    if (const auto found = me.held_.find(each.partition); found != me.held_.end()) {
      found->second.committed = RD_KAFKA_OFFSET_INVALID;
    }
  }
}

void group_member::on_error(rd_kafka_t* client, int error, const char* text, void* self) {
  member(self).link_.complain(client, static_cast<rd_kafka_resp_err_t>(error), text);
}

bool group_member::close(time commit_deadline, std::chrono::seconds leave_max) {
  constexpr int slice_ms = 10;
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto poll_while = [&](auto&& waiting) {
    while (waiting() && now() < commit_deadline) {
      const message_ptr unused(rd_kafka_consumer_poll(client_.get(), slice_ms));
    }
  };
  closing_ = true;
  poll_while([this] { return subscribed_ && watch_->is_joining(); });
  send_commit();
  poll_while([this] { return commits_in_flight_ > 0; });
  topics_needed_.clear();
  const auto leave_deadline = now() + leave_max;
  // A queue of its own: librdkafka forwards the consumer's to it, so the consumer's own one would be forwarded to
  // itself.
  const queue_ptr leaving(rd_kafka_queue_new(client_.get()));
  const error_ptr failed(rd_kafka_consumer_close_queue(client_.get(), leaving.get()));
  while (!failed && rd_kafka_consumer_closed(client_.get()) == 0 && now() < leave_deadline) {
    const message_ptr unused(
        rd_kafka_consume_queue(leaving.get(), slice_ms));  // serves callbacks, and takes messages too
  }
  const bool left = rd_kafka_consumer_closed(client_.get()) == 1;
  if (commits_in_flight_ > 0) {
    log::warn("the last offsets could not be committed: some events will come again, and be recognised");
  }
  if (!left) log::warn("the group's coordinator didn't answer: the partitions move once the session has timed out");
  // librdkafka before 2.3 aborts when a cooperative-sticky consumer is destroyed that joined and never was assigned
  // anything: that one's memory is left to the end of the process.
  constexpr int repaired_in = 0x02030000;
  if (subscribed_ && !was_assigned_ && rd_kafka_version() < repaired_in) abandon();
  return commits_in_flight_ == 0;
}

bool group_member::has_left() const {
  return !client_ || !subscribed_ || rd_kafka_consumer_closed(client_.get()) == 1;
}

void group_member::abandon() {
  topics_needed_.clear();
  (void)client_.release();
  (void)watch_.release();  // which its threads still write to
}

}  // namespace sendcode::kafka
