#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sendcode::domain {

// Lines of several owners, served in turns: each pop takes from the next owner that has something, so that no owner's
// flood makes another wait for more than one item a turn; work-conserving, for owners with nothing are not in the
// circle. Within an owner: first in, first out.
template <typename Item>
class fair_queue {
 public:
  void push(std::string_view owner, Item item) {
    auto found = lines_.find(owner);
    if (found == lines_.end()) {
      found = lines_.emplace(std::string(owner), std::deque<Item>{}).first;
      circle_.push_back(found->first);
    }
    found->second.push_back(std::move(item));
    ++size_;
  }

  std::optional<Item> pop() {
    if (circle_.empty()) return std::nullopt;
    const auto found = lines_.find(circle_.front());
    Item out = std::move(found->second.front());
    found->second.pop_front();
    --size_;
    if (found->second.empty()) {
      lines_.erase(found);
      circle_.pop_front();
    } else {
      circle_.splice(circle_.end(), circle_, circle_.begin());
    }
    return out;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, std::deque<Item>, text_hash, std::equal_to<>> lines_;
  std::list<std::string> circle_;  // owners with something in line
  std::size_t size_ = 0;
};

}  // namespace sendcode::domain
