#include "worker/adapters/kafka/topic_follower.hpp"

#include <utility>

#include "common/logging.hpp"

namespace sendcode::kafka {
namespace {

constexpr std::chrono::seconds open_most{5};
constexpr std::chrono::seconds ask_most{2};
constexpr std::chrono::milliseconds retry_pause{500};
constexpr std::chrono::milliseconds read_slice{200};  // then it looks whether it must end
constexpr std::chrono::seconds ask_interval{5};
// What waits to be taken, at the most: a record more than this may be in it.
constexpr std::size_t waiting_bytes_max = std::size_t{16} * 1024 * 1024;
constexpr std::size_t record_overhead = 128;

auto now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

topic_follower::topic_follower(property_map properties, std::string topic)
    : properties_(std::move(properties)), topic_(std::move(topic)), thread_([this] { run(); }) {}

topic_follower::~topic_follower() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void topic_follower::poll(sink& to) {
  std::vector<handed_over> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(waiting_);
    waiting_bytes_ = 0;
  }
  changed_.notify_all();
  for (const auto& item : taken) {
    switch (item.what) {
      case handed_over::kind::begin:
        to.begin();
        break;
      case handed_over::kind::whole:
        to.whole();
        break;
      case handed_over::kind::record:
        to.take({item.key, item.value, item.partition, item.offset});
        break;
    }
  }
}

void topic_follower::run() {
  while (!is_stopping()) {
    auto reader =
        record_reader::open(properties_, topic_, {.where = read_from::kind::beginning, .since = {}}, open_most);
    if (reader) {
      recovered();
      follow(*reader);
    } else {
      complain(reader.error());
    }
    wait(retry_pause);
  }
}

void topic_follower::follow(record_reader& reader) {
  hand_over({.what = handed_over::kind::begin});
  const auto each = [this](const read_record& record) {
    return hand_over({.what = handed_over::kind::record,
                      .key = record.key ? std::optional<std::string>(*record.key) : std::nullopt,
                      .value = record.value ? std::optional<std::string>(*record.value) : std::nullopt,
                      .partition = record.partition,
                      .offset = record.offset});
  };
  bool whole = false;
  auto ask_at = now() + ask_interval;
  while (!is_stopping()) {
    wait_for_room();
    const auto end = reader.read(each, read_slice, !whole);
    if (!end) return complain(end.error());
    if (*end == read_result::at_end) {
      whole = true;
      hand_over({.what = handed_over::kind::whole});
    }
    if (now() < ask_at) continue;
    // librdkafka connects again by itself, and says nothing of it.
    const auto same = reader.is_unchanged(ask_most);
    ask_at = now() + ask_interval;
    if (!same) {
      complain(same.error());
    } else if (!*same) {
      log::info("the topic has other partitions now: it is read from its beginning", {{"topic", topic_}});
      return;
    } else {
      recovered();
    }
  }
}

bool topic_follower::hand_over(handed_over item) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ += record_overhead + (item.key ? item.key->size() : 0) + (item.value ? item.value->size() : 0);
  waiting_.push_back(std::move(item));
  return waiting_bytes_ < waiting_bytes_max && !stopping_;
}

void topic_follower::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || waiting_bytes_ < waiting_bytes_max; });
}

void topic_follower::wait(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [this] { return stopping_; });
}

bool topic_follower::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void topic_follower::complain(const std::string& why) {
  failing_ = true;
  if (!complaints_.is_due(now())) return;
  log::warn("a topic cannot be followed: what was read of it stays in force, and it is tried again",
            {{"topic", topic_}, {"why", why}});
}

void topic_follower::recovered() {
  if (!std::exchange(failing_, false)) return;
  complaints_.reset();
  log::info("a topic is followed again", {{"topic", topic_}});
}

}  // namespace sendcode::kafka
