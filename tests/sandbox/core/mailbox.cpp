#include "tests/sandbox/core/mailbox.hpp"

#include <algorithm>

namespace sendcode::sandbox {

std::uint64_t mailbox::add(text one) {
  if (kept_.size() == kept_max_) {
    kept_.pop_front();
    ++first_number_;
  }
  const auto number = first_number_ + kept_.size();
  auto known = recipients_.find(one.to);
  if (known == recipients_.end() && recipients_.size() < recipients_max) {
    known = recipients_.try_emplace(one.to).first;
  }
  if (known != recipients_.end()) {
    one.earlier = known->second.newest;
    known->second.newest = number;
    by_recipient_max_ = std::max(by_recipient_max_, ++known->second.texts);
  }
  if (!one.answered) ++unanswered_;
  kept_.push_back(std::move(one));
  return number;
}

text* mailbox::find(std::uint64_t number) noexcept {
  if (number < first_number_ || number - first_number_ >= kept_.size()) return nullptr;
  return &kept_[number - first_number_];
}

text* mailbox::find_sid(std::string_view sid) noexcept {
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const text& one) { return one.sid == sid; });
  return found == kept_.rend() ? nullptr : &*found;
}

void mailbox::mark_unanswered(std::uint64_t number) {
  text* one = find(number);
  if (one == nullptr || !one->answered) return;
  one->answered = false;
  ++unanswered_;
}

void mailbox::take_feedback(text& about, std::string_view outcome) {
  about.feedback = outcome;
  if (outcome == "confirmed") ++confirmations_;
}

}  // namespace sendcode::sandbox
