#include "worker/domain/offset_tracker.hpp"

namespace sendcode::domain {

std::optional<std::uint64_t> offset_tracker::deliver(std::int64_t offset) {
  if (last_delivered_ && offset <= *last_delivered_) return std::nullopt;
  last_delivered_ = offset;
  entries_.push_back({offset, state::open});
  ++open_;
  return first_ + entries_.size() - 1;
}

offset_tracker::entry* offset_tracker::find(std::uint64_t sequence) {
  if (sequence < first_ || sequence - first_ >= entries_.size()) return nullptr;
  return &entries_[static_cast<std::size_t>(sequence - first_)];
}

void offset_tracker::complete(std::uint64_t sequence) {
  entry* const found = find(sequence);
  if (found == nullptr || found->now == state::over) return;
  if (found->now == state::open) --open_;
  found->now = state::over;
  while (!entries_.empty() && entries_.front().now == state::over) {
    entries_.pop_front();
    ++first_;
  }
}

void offset_tracker::drop(std::uint64_t sequence) {
  entry* const found = find(sequence);
  if (found == nullptr || found->now != state::open) return;
  found->now = state::dropped;
  --open_;
}

std::optional<std::int64_t> offset_tracker::committable() const {
  if (!entries_.empty()) return entries_.front().offset;
  return next();
}

std::optional<std::int64_t> offset_tracker::next() const {
  if (last_delivered_) return *last_delivered_ + 1;
  return std::nullopt;
}

}  // namespace sendcode::domain
