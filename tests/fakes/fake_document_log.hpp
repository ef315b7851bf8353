#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/ports/document_log.hpp"

namespace sendcode::tests {

// Hands over what the test put in.
class fake_document_log final : public ports::document_log {
 public:
  void begin() { events_.emplace_back(&sink::begin); }
  void whole() { events_.emplace_back(&sink::whole); }
  // Nothing as value: the key is deleted.
  void put(std::optional<std::string> key, std::optional<std::string> value, std::int32_t partition = 0) {
    events_.emplace_back([=, offset = offset_++](sink& to) { to.take({key, value, partition, offset}); });
  }

  void poll(sink& to) override {
    for (const auto& event : std::exchange(events_, {})) event(to);
  }

 private:
  std::vector<std::function<void(sink&)>> events_;
  std::int64_t offset_ = 0;
};

}  // namespace sendcode::tests
