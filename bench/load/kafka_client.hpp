#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>

#include "bench/load/events.hpp"
#include "worker/adapters/kafka/handles.hpp"
#include "worker/adapters/kafka/properties.hpp"

// librdkafka as the worker sets it up (adapters/kafka/client_conf), without anything of the worker's around it.
namespace sendcode::bench {

struct produced_counts {
  std::uint64_t acknowledged = 0;
  std::uint64_t failed = 0;
};

// An idempotent producer, acks=all, that counts the delivery reports it is given by poll().
class producer {
 public:
  // `properties` on top of the worker's. Throws what a person can act on.
  producer(const kafka::property_map& properties, const std::string& topic);

  // Without a copy: value (and key) must live until the report. Waits where the queue is full.
  void produce(const std::string& key, const std::string& value, rd_kafka_headers_t* headers);
  void produce_copy(const event& one);
  void poll() { rd_kafka_poll(client_.get(), 0); }
  // Until every report has come; false: not within a minute.
  bool flush();
  const produced_counts& counts() const noexcept { return *counts_; }

 private:
  std::unique_ptr<produced_counts> counts_ = std::make_unique<produced_counts>();
  kafka::client_ptr client_;
  kafka::topic_ptr topic_;

  void produce(const std::string& key, const std::string& value, rd_kafka_headers_t* headers, int flags);
};

}  // namespace sendcode::bench
