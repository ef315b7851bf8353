#pragma once

#include <atomic>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/catch.hpp"
#include "worker/ports/event_stream.hpp"

namespace sendcode::ports {

// The log's side of an assignment, as these tests need it; the Kafka adapter has its own, in programs of its own.
struct assignment {
  std::atomic<bool> revoked = false;
  std::atomic<std::uint64_t> room_before = 0;
};

}  // namespace sendcode::ports

namespace sendcode::tests {

// Keeps what was published and which records were completed or dropped. A record that ends twice fails the test at
// once.
class fake_event_stream final : public ports::event_stream {
 public:
  struct published {
    ports::outgoing_record record;
    std::int64_t completes = -1;  // the offset

    std::string header(std::string_view name) const {
      for (const auto& [key, value] : record.headers) {
        if (key == name) return value;
      }
      return {};
    }
  };

  void publish(ports::outgoing_record record, std::optional<ports::record_position> completes) override {
    const std::int64_t offset = completes ? completes->offset : -1;
    if (completes) end(offset);
    records.push_back({std::move(record), offset});
    if (!withholding) acknowledge();
  }
  void drop(ports::record_position position) override {
    end(position.offset);
    dropped.insert(position.offset);
  }

  // What was published so far is acknowledged, to those who asked to be told.
  void acknowledge() {
    for (auto& each : records) {
      if (const auto told = std::exchange(each.record.acknowledged, {})) told();
    }
  }

  bool withholding = false;  // acknowledgements, until the test gives them
  std::vector<published> records;
  std::set<std::int64_t> ended;  // completed or dropped
  std::set<std::int64_t> dropped;

 private:
  void end(std::int64_t offset) {
    INFO("offset " << offset);
    REQUIRE(ended.insert(offset).second);
  }
};

}  // namespace sendcode::tests
