#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "worker/app/commands/dead_letter.hpp"
#include "worker/config/worker_config.hpp"

namespace sendcode::app {

// Which letters a command is about; what is empty says nothing.
struct letter_filter {
  std::vector<std::string> errors{};
  std::optional<timestamp> since{};  // of the dead letter
  std::int32_t partition = -1;       // any
  std::vector<std::int64_t> offsets{};
  std::string source_topic{};
  std::string detail{};  // a part of it

  bool accepts(const dead_letter& letter) const;
};

// The dead-letter topic, read as it stood when it was opened. What stands there are letters, and marks of those that
// were put back. One thread.
class dead_letter_topic {
 public:
  // The error is a sentence for a person: Kafka cannot be reached.
  static std::expected<dead_letter_topic, std::string> open(const config::worker_config& config,
                                                            const letter_filter& filter);

  // Why nothing can be in the filter's partition: the topic has none such. A sentence, which tells those that there
  // are; nothing: it may.
  std::optional<std::string> wrong_partition() const;

  // Each letter that fits, until `each` returns false. True: there may be more.
  std::expected<bool, std::string> read(const std::function<bool(dead_letter)>& each);

  struct contents {
    std::set<letter_place> letters;   // those that fit
    std::set<letter_place> replayed;  // marked as such; of others than those that fit as well
  };
  // All that is left to read; or of that the marks alone.
  std::expected<contents, std::string> survey();
  std::expected<std::set<letter_place>, std::string> find_replayed();

 private:
  dead_letter_topic(kafka::record_reader reader, std::string name, const letter_filter& filter)
      : reader_(std::move(reader)), name_(std::move(name)), filter_(filter) {}
  std::expected<bool, std::string> read_records(const std::function<bool(const kafka::read_record&)>& each);

  kafka::record_reader reader_;
  std::string name_;
  letter_filter filter_;
};

}  // namespace sendcode::app
