#include "tests/integration/end_to_end/group_lag.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <stdexcept>

namespace sendcode::e2e {
namespace {

constexpr int timeout_ms = 5'000;

rd_kafka_t* make_consumer(const std::string& bootstrap, const std::string& group) {
  std::array<char, 256> text{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), text.data(), text.size());
  rd_kafka_conf_set(conf, "group.id", group.c_str(), text.data(), text.size());
  rd_kafka_t* const made = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text.data(), text.size());
  if (made == nullptr) throw std::runtime_error(text.data());
  return made;
}

}  // namespace

std::optional<std::int64_t> group_lag(const std::string& bootstrap, const std::string& group, const std::string& topic,
                                      int partitions) {
  rd_kafka_t* const client = make_consumer(bootstrap, group);
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list, topic.c_str(), i);
  bool known = rd_kafka_committed(client, list, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
  std::int64_t sum = 0;
  for (int i = 0; known && i < partitions; ++i) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    known = rd_kafka_query_watermark_offsets(client, topic.c_str(), i, &low, &high, timeout_ms) ==
            RD_KAFKA_RESP_ERR_NO_ERROR;
    const auto committed = list->elems[i].offset;
    if (high > 0 && committed < 0) known = false;
    if (known && high > 0) sum += high - committed;
  }
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(client);
  return known ? std::optional(sum) : std::nullopt;
}

}  // namespace sendcode::e2e
