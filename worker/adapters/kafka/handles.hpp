#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

// Owners of librdkafka's C objects. Nothing outside this folder includes it.
namespace sendcode::kafka {

template <auto destroy>
struct destroyer {
  template <typename T>
  void operator()(T* object) const noexcept {
    destroy(object);
  }
};

using conf_ptr = std::unique_ptr<rd_kafka_conf_t, destroyer<rd_kafka_conf_destroy>>;
using client_ptr = std::unique_ptr<rd_kafka_t, destroyer<rd_kafka_destroy>>;
using topic_ptr = std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>>;
using queue_ptr = std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>>;
using message_ptr = std::unique_ptr<rd_kafka_message_t, destroyer<rd_kafka_message_destroy>>;
using headers_ptr = std::unique_ptr<rd_kafka_headers_t, destroyer<rd_kafka_headers_destroy>>;
using partitions_ptr =
    std::unique_ptr<rd_kafka_topic_partition_list_t, destroyer<rd_kafka_topic_partition_list_destroy>>;
using error_ptr = std::unique_ptr<rd_kafka_error_t, destroyer<rd_kafka_error_destroy>>;

inline partitions_ptr make_partitions(int capacity) {
  return partitions_ptr(rd_kafka_topic_partition_list_new(capacity));
}

// Bytes of a record that we produce: kept alive by the caller until its delivery report, and only read by librdkafka,
// whose C interface takes no const.
inline void* bytes_of(const std::string& text) {
  return const_cast<char*>(text.data());
}

}  // namespace sendcode::kafka
