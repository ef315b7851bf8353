#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace sendcode::domain {

// What of one partition may be committed while events complete out of order (design §2, Offsets). One object per
// assignment of a partition, so that a late completion of an earlier assignment has nothing of a later one to move.
// Counts events, never offsets: offsets have gaps. Every operation is O(1), amortised.
class offset_tracker {
 public:
  // The event's number within this assignment, from 0. Nothing if the offset is not above the last delivered one: it
  // came twice.
  std::optional<std::uint64_t> deliver(std::int64_t offset);

  // The event is over. Numbers never delivered, and those over already, change nothing.
  void complete(std::uint64_t sequence);

  // The event is left to the partition's next owner: no longer open here, but what is committed never passes it.
  void drop(std::uint64_t sequence);

  // The oldest offset that is not over, or one past the last delivered if none is. Nothing before the first delivery.
  std::optional<std::int64_t> committable() const;

  // One past the last delivered offset. Nothing before the first delivery.
  std::optional<std::int64_t> next() const;

  // Events from the oldest that is not over to the newest delivered, those over in between included: what this object
  // holds in memory.
  std::size_t span() const noexcept { return entries_.size(); }

  // The number of the first event that is not over; of the next one to come, if all are.
  std::uint64_t oldest() const noexcept { return first_; }

  // Delivered, and neither completed nor dropped.
  std::size_t open() const noexcept { return open_; }

 private:
  enum class state : std::uint8_t { open, dropped, over };
  struct entry {
    std::int64_t offset;
    state now;
  };

  entry* find(std::uint64_t sequence);

  std::deque<entry> entries_;  // the first one is never over
  std::uint64_t first_ = 0;    // the sequence of entries_.front()
  std::optional<std::int64_t> last_delivered_;
  std::size_t open_ = 0;
};

}  // namespace sendcode::domain
