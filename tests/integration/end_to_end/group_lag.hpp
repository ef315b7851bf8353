#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sendcode::e2e {

// Sum over the partitions of the log's end less what the group has committed; nothing if Kafka doesn't say, or if a
// partition with records has nothing committed.
std::optional<std::int64_t> group_lag(const std::string& bootstrap, const std::string& group, const std::string& topic,
                                      int partitions);

}  // namespace sendcode::e2e
