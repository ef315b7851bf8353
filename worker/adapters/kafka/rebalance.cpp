// The half of group_member that takes partitions and gives them back.
#include <utility>

#include "common/logging.hpp"
#include "worker/adapters/kafka/group_member.hpp"

namespace sendcode::kafka {
namespace {

// How long a revoked partition waits for its last commit to be taken. No longer: the coordinator may refuse it until
// the member, which keeps its partitions meanwhile, has joined again.
constexpr std::chrono::milliseconds commit_grace{1'000};

}  // namespace

void group_member::on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                                void* self) {
  auto& me = *static_cast<group_member*>(self);
  me.drain_.reset();  // an earlier rebalance is no longer the current one: nothing may be given back in its name
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    me.assigned(*list);
  } else if (error == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    me.revoked(*list);
  } else {
    me.link_.complain(client, error, "rebalance");
    me.held_.clear();
    rd_kafka_assign(client, nullptr);
  }
}

void group_member::assigned(const rd_kafka_topic_partition_list_t& list) {
  link_.alive();
  was_assigned_ = true;
  for (int i = 0; i < list.cnt; ++i) {
    held_[list.elems[i].partition] = {.assignment = std::make_shared<ports::assignment>()};
  }
  log::info("partitions assigned", {{"count", list.cnt}, {"held", held_.size()}});
  const error_ptr failed(rd_kafka_incremental_assign(client_.get(), &list));
  if (failed) link_.complain(client_.get(), rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
  apply_pauses();
}

void group_member::revoked(const rd_kafka_topic_partition_list_t& list) {
  const bool lost = rd_kafka_assignment_lost(client_.get()) == 1;
  log::info(lost ? "partitions lost" : "partitions revoked", {{"count", list.cnt}, {"held", held_.size()}});
  for (int i = 0; i < list.cnt; ++i) {
    const auto found = held_.find(list.elems[i].partition);
    if (found == held_.end()) continue;
    found->second.leaving = true;
    found->second.assignment->revoked = true;
  }
  if (lost || closing_) {
    give_back(list);  // lost: another member may have them already, so neither drain nor commit
    return;
  }
  apply_pauses();
  drain_ = {.partitions = partitions_ptr(rd_kafka_topic_partition_list_copy(&list)),
            .deadline = std::chrono::steady_clock::now() + drain_time_};
}

void group_member::give_back(const rd_kafka_topic_partition_list_t& list) {
  // librdkafka remembers our pause when the partition comes back one day: undone here, exactly where we set it.
  auto resuming = make_partitions(list.cnt);
  for (int i = 0; i < list.cnt; ++i) {
    const auto found = held_.find(list.elems[i].partition);
    if (found == held_.end()) continue;
    if (found->second.paused) rd_kafka_topic_partition_list_add(resuming.get(), topic_.c_str(), found->first);
    held_.erase(found);
  }
  if (resuming->cnt > 0) rd_kafka_resume_partitions(client_.get(), resuming.get());
  const error_ptr failed(rd_kafka_incremental_unassign(client_.get(), &list));
  if (failed) link_.complain(client_.get(), rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
}

void group_member::settled(const ports::assignment& held) {
  if (drain_ && held.revoked.load(std::memory_order_relaxed)) advance_drain(std::chrono::steady_clock::now());
}

void group_member::advance_drain(time now) {
  if (!drain_) return;
  const auto& list = *drain_->partitions;
  if (!drain_->commit_until) {
    std::size_t open = 0;
    for (int i = 0; i < list.cnt; ++i) {
      const auto found = held_.find(list.elems[i].partition);
      if (found != held_.end()) open += found->second.assignment->offsets.open();
    }
    if (open > 0 && now < drain_->deadline) return;
    if (open > 0) log::info("revoked partitions still have open events: their outcomes follow", {{"open", open}});
    drain_->commit_until = now + commit_grace;
    drain_->uncommitted = true;
  }
  // Again, if it failed: the coordinator may still be at telling the other members of this very rebalance.
  if (std::exchange(drain_->uncommitted, false) && rd_kafka_assignment_lost(client_.get()) == 0) send_commit();
  if ((commits_in_flight_ > 0 || drain_->uncommitted) && now < *drain_->commit_until) return;
  const auto partitions = std::move(drain_->partitions);
  drain_.reset();
  give_back(*partitions);
  for (const auto partition : std::exchange(start_over_, {})) start_over(partition);
}

}  // namespace sendcode::kafka
