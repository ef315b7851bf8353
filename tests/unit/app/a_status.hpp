#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::testing {

// A record of the status topic with this data.
class a_status {
 public:
  explicit a_status(const nlohmann::json& data)
      : value_(data.dump()), headers_{{"ce_id", "i"}, {"ce_time", "2026-11-23T08:15:30.123Z"}} {}

  kafka::read_record record() const {
    return {.key = std::nullopt, .value = value_, .headers = headers_, .appended_at = {}, .partition = 0, .offset = 0};
  }

 private:
  std::string value_;
  std::vector<ports::header> headers_;
};

}  // namespace sendcode::testing
