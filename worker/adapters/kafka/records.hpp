#pragma once

#include <atomic>
#include <memory>

#include "worker/adapters/kafka/handles.hpp"
#include "worker/ports/event_stream.hpp"

namespace sendcode::kafka {

// Records whose bytes still belong to the consumer: it is closed only when there are none.
using record_count = std::atomic<std::int64_t>;

// A consumed message as a record whose views point into it: nothing is copied. A null value or header has a view
// without data.
ports::incoming_record to_record(message_ptr message, const std::shared_ptr<record_count>& alive,
                                 ports::record_position position);

// Which of `shards` handles the message: by its key, before anything is parsed, so that events with one key keep their
// order; without one, by partition.
std::size_t shard_of(const rd_kafka_message_t& message, std::size_t shards);

}  // namespace sendcode::kafka
