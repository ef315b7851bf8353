#include "worker/adapters/kafka/intake.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "common/logging.hpp"
#include "worker/adapters/kafka/client_conf.hpp"

namespace sendcode::kafka {
namespace {

constexpr std::chrono::milliseconds tick_interval{100};
// How long a commit that is due waits for a moment between two heartbeats.
constexpr std::chrono::seconds commit_delay_max{3};
// Messages a turn: then the delivery reports and the other handlers get theirs.
constexpr std::size_t turn_max = 500;

// Each step of finish(); the first two may take until the end of its patience, too.
constexpr std::chrono::seconds flush_max{6};
constexpr std::chrono::seconds commit_max{3};
constexpr std::chrono::seconds records_max{1};
constexpr std::chrono::seconds leave_max{5};

auto now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

kafka_stream::intake::intake(stream_options options, stream_hooks hooks)
    : options_(std::move(options)),
      link_(std::move(hooks.on_fatal), std::move(hooks.on_up)),
      publisher_(link_, {.refused =
                             [this](std::unique_ptr<publisher::outgoing> record, rd_kafka_resp_err_t why) {
                               boost::asio::post(context_, [this, why, kept = std::move(record)]() mutable {
                                 publisher_.keep(std::move(kept), why);
                                 apply_marks();
                               });
                             },
                         .completed =
                             [this](const ports::record_position& position) {
                               completed_.fetch_add(1, std::memory_order_relaxed);
                               settle(position, &domain::offset_tracker::complete);
                             }}),
      member_(options_.send_code_topic, options_.revoke_drain, options_.span_max, link_) {}

kafka_stream::intake::~intake() {
  if (thread_.joinable()) {
    finish(now(), [](bool) {});
    thread_.join();
  }
  forget_wakes();
  // A destroyed consumer waits for its records and its group: rather than for ever, its memory is left to the end of
  // the process.
  const auto records = records_alive_->load(std::memory_order_acquire);
  if (records > 0) log::warn("records outlive the stream", {{"count", records}});
  if (records > 0 || !member_.has_left()) {
    records_ready_.reset();
    member_.abandon();
  }
}

std::expected<void, std::string> kafka_stream::intake::open() {
  auto consumer = consumer_conf(options_.properties, options_.group);
  if (!consumer) return std::unexpected(to_sentence(consumer.error()));
  auto producer = producer_conf(options_.properties);
  if (!producer) return std::unexpected(to_sentence(producer.error()));
  if (auto made = publisher_.open(std::move(*producer), options_.status_topic, options_.dead_letter_topic); !made) {
    return made;
  }
  const std::vector<std::string> topics = {options_.send_code_topic, options_.status_topic, options_.dead_letter_topic};
  if (auto made = member_.open(std::move(*consumer), topics); !made) return made;

  const int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor < 0) return std::unexpected(std::string("no eventfd: too many open files"));
  wake_.assign(descriptor);
  records_ready_ = member_.queue();
  reports_ready_ = publisher_.reports();
  constexpr std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(records_ready_.get(), descriptor, &one, sizeof one);
  rd_kafka_queue_io_event_enable(reports_ready_.get(), descriptor, &one, sizeof one);
  return {};
}

void kafka_stream::intake::start(std::vector<ports::record_sink*> shards) {
  shards_ = std::move(shards);
  batches_.resize(shards_.size());
  commit_at_ = now() + options_.commit_interval;
  wait_for_wake();
  wait_for_tick();
  thread_ = std::thread([this] { context_.run(); });
}

void kafka_stream::intake::wait_for_wake() {
  wake_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code failed) {
    if (failed || finished_) return;
    // Emptied before the turn: what comes during it wakes us again.
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(wake_.native_handle(), &count, sizeof count);
    turn();
    wait_for_wake();
  });
}

void kafka_stream::intake::wait_for_tick() {
  tick_.expires_after(tick_interval);
  tick_.async_wait([this](boost::system::error_code failed) {
    if (failed || finished_) return;
    const auto at = now();
    member_.tick(at);
    if (at >= commit_at_ && member_.commit(at, commit_at_ + commit_delay_max)) {
      commit_at_ = at + options_.commit_interval;
    }
    turn();
    wait_for_tick();
  });
}

void kafka_stream::intake::turn() {
  if (finished_) return;
  publisher_.poll();
  if (publisher_.is_stuck()) publisher_.tick(now());
  std::size_t taken = 0;
  while (taken < turn_max) {
    auto message = member_.next();
    if (!message) break;
    ++taken;
    deliver(std::move(message));
    if (open_ >= options_.open_high) break;
  }
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    if (!batches_[i].empty()) shards_[i]->accept(std::exchange(batches_[i], {}));
  }
  apply_marks();
  if (taken == 0 || turn_posted_) return;
  turn_posted_ = true;  // there may be more, and librdkafka wakes us only when an empty queue fills
  boost::asio::post(context_, [this] {
    turn_posted_ = false;
    turn();
  });
}

void kafka_stream::intake::deliver(message_ptr message) {
  if (stopping_) return;  // not delivered, so not committed either: it comes again
  const auto& held_by = member_.holder(message->partition);
  const auto sequence = held_by->offsets.deliver(message->offset);
  if (!sequence) return;  // came twice, around a pause
  ++open_;
  delivered_.fetch_add(1, std::memory_order_relaxed);
  auto& batch = batches_[shard_of(*message, shards_.size())];
  ports::record_position position{held_by, *sequence, message->partition, message->offset};
  batch.push_back(to_record(std::move(message), records_alive_, std::move(position)));
}

void kafka_stream::intake::settle(const ports::record_position& position,
                                  void (domain::offset_tracker::*how)(std::uint64_t)) {
  auto& offsets = position.held_by->offsets;
  const auto before = offsets.open();
  (offsets.*how)(position.sequence);
  open_ -= before - offsets.open();
  member_.settled(*position.held_by);
}

void kafka_stream::intake::drop(ports::record_position position) {
  boost::asio::post(context_, [this, dropped = std::move(position)] {
    settle(dropped, &domain::offset_tracker::drop);
    apply_marks();
  });
}

void kafka_stream::intake::apply_marks() {
  above_mark_ = above_mark_ ? open_ > options_.open_low : open_ >= options_.open_high;
  const bool hold = above_mark_ || stopping_ || publisher_.is_stuck();
  if (finished_) return;
  member_.hold_all(hold);
  member_.check_spans();
  open_shown_.store(static_cast<std::int64_t>(open_), std::memory_order_relaxed);
  truncations_.store(member_.truncations(), std::memory_order_relaxed);
  partitions_.store(static_cast<std::int64_t>(member_.partitions()), std::memory_order_relaxed);
  paused_.store(hold, std::memory_order_relaxed);
}

void kafka_stream::intake::stop_intake() {
  boost::asio::post(context_, [this] {
    stopping_ = true;
    apply_marks();
  });
}

void kafka_stream::intake::finish(time patience_end, std::function<void(bool)> done) {
  boost::asio::post(context_, [this, patience_end, told = std::move(done)] { shut_down(patience_end, told); });
}

void kafka_stream::intake::shut_down(time patience_end, const std::function<void(bool)>& done) {
  if (finished_) return;
  stopping_ = true;
  apply_marks();
  const auto within = [&](std::chrono::seconds at_least) {
    return link_.is_down() ? now() + at_least : std::max(now() + at_least, patience_end);
  };
  bool clean = publisher_.flush(within(flush_max));
  if (!clean) log::warn("not every outcome was acknowledged: those events come again", {{"open", open_}});
  // The shards are idle: what they still hold of librdkafka's memory goes any moment, and must before the consumer
  // closes.
  const auto records_deadline = now() + records_max;
  while (records_alive_->load(std::memory_order_acquire) > 0 && now() < records_deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  finished_ = true;
  clean = member_.close(within(commit_max), leave_max) && clean;
  forget_wakes();
  tick_.cancel();
  work_.reset();
  done(clean);
}

// Before the eventfd's number goes to another file.
void kafka_stream::intake::forget_wakes() {
  for (auto* const queue : {records_ready_.get(), reports_ready_.get()}) {
    if (queue != nullptr) rd_kafka_queue_io_event_enable(queue, -1, nullptr, 0);
  }
  boost::system::error_code ignored;
  wake_.close(ignored);
}

stream_counts kafka_stream::intake::counts() const {
  return {.open = open_shown_.load(std::memory_order_relaxed),
          .delivered = delivered_.load(std::memory_order_relaxed),
          .completed = completed_.load(std::memory_order_relaxed),
          .truncations = truncations_.load(std::memory_order_relaxed),
          .publish_failures = publisher_.failures(),
          .abandoned = publisher_.abandoned(),
          .partitions = partitions_.load(std::memory_order_relaxed),
          .paused = paused_.load(std::memory_order_relaxed)};
}

}  // namespace sendcode::kafka
