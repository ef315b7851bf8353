#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "worker/adapters/kafka/record_writer.hpp"

namespace sendcode::kafka {

struct addressed_record {
  std::string topic;
  written_record record;
};

// Puts records on topics in transactions, for command line programs: blocking, bounded. One thread. A transaction that
// was not committed is seen by nobody who reads what is committed, as every worker does.
class transactional_writer {
 public:
  // Finds the topics and takes the transactional id over, within `at_most`: whatever an earlier owner left open is
  // given up, what it committed is there to be read, and it can commit nothing more. The error is a sentence for a
  // person.
  static std::expected<transactional_writer, std::string> open(const property_map& properties, const std::string& id,
                                                               const std::vector<std::string>& topics,
                                                               std::chrono::milliseconds at_most);
  transactional_writer(transactional_writer&&) noexcept;
  transactional_writer& operator=(transactional_writer&&) noexcept;
  ~transactional_writer();

  // All of them in one transaction, or none. The error says why none, or that Kafka did not say in time which; after it
  // the writer is of no more use.
  std::expected<void, std::string> write(const std::vector<addressed_record>& records,
                                         std::chrono::milliseconds at_most);

 private:
  struct state;
  explicit transactional_writer(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sendcode::kafka
