#include "worker/adapters/kafka/topic_lookup.hpp"

#include <algorithm>
#include <memory>
#include <thread>

namespace sendcode::kafka {
namespace {

constexpr std::chrono::milliseconds pause{50};

// As with a topic that was just made.
bool lacks_leader(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

using metadata_ptr = std::unique_ptr<const struct rd_kafka_metadata, destroyer<rd_kafka_metadata_destroy>>;

// The brokers' answer, which librdkafka keeps too.
std::expected<metadata_ptr, rd_kafka_resp_err_t> ask_for_metadata(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                                  std::chrono::steady_clock::time_point deadline) {
  const struct rd_kafka_metadata* raw = nullptr;
  const auto error = rd_kafka_metadata(client, 0, topic, &raw, static_cast<int>(left_until(deadline).count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(error);
  return metadata_ptr(raw);
}

}  // namespace

void last_error::remember(rd_kafka_t*, int error, const char* text, void* self) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // says less than the one before it
  static_cast<last_error*>(self)->text = text;
}

std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point deadline) {
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(rest, std::chrono::milliseconds(0));
}

std::expected<std::int32_t, std::string> count_partitions(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                          const last_error& said,
                                                          std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto metadata = ask_for_metadata(client, topic, deadline);
    if (!metadata) {
      rd_kafka_poll(client, 0);  // brings the error callback
      return std::unexpected(
          "Kafka cannot be reached: " + (said.text.empty() ? rd_kafka_err2str(metadata.error()) : said.text) +
          ". Check kafka.properties");
    }
    const std::string name = rd_kafka_topic_name(topic);
    if ((*metadata)->topic_cnt == 0) return std::unexpected("Kafka says nothing of the topic " + name);
    const auto& found = (*metadata)->topics[0];
    const bool is_bare = found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.partition_cnt == 0;
    const auto error = is_bare ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : found.err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return found.partition_cnt;
    if (!lacks_leader(error) || left_until(deadline) <= pause) {
      return std::unexpected("the topic " + name + ": " + rd_kafka_err2str(error));
    }
    std::this_thread::sleep_for(pause);
  }
}

std::expected<watermarks, std::string> query_watermarks(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                        std::int32_t partition,
                                                        std::chrono::steady_clock::time_point deadline) {
  const char* const name = rd_kafka_topic_name(topic);
  for (;;) {
    watermarks found;
    const auto error = rd_kafka_query_watermark_offsets(client, name, partition, &found.low, &found.high,
                                                        static_cast<int>(left_until(deadline).count()));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    if (!lacks_leader(error) || left_until(deadline) <= pause) {
      return std::unexpected("the topic " + std::string(name) + ": " + rd_kafka_err2str(error));
    }
    (void)ask_for_metadata(client, topic, deadline);  // it looks into what it keeps alone, for minutes
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace sendcode::kafka
