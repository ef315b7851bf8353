#include "worker/adapters/kafka/topic_lookup.hpp"

#include <algorithm>
#include <memory>
#include <thread>

namespace sendcode::kafka {
namespace {

constexpr std::chrono::milliseconds pause{50};
// librdkafka may look for a leader only once in a call, and then wait for it in vain.
constexpr std::chrono::milliseconds look_most{1'000};

// As a topic does that was just made.
bool lacks_leader(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
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
    const struct rd_kafka_metadata* raw = nullptr;
    const auto error = rd_kafka_metadata(client, 0, topic, &raw, static_cast<int>(left_until(deadline).count()));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_poll(client, 0);  // brings the error callback
      return std::unexpected("Kafka cannot be reached: " + (said.text.empty() ? rd_kafka_err2str(error) : said.text) +
                             ". Check kafka.properties");
    }
    const std::unique_ptr<const struct rd_kafka_metadata, destroyer<rd_kafka_metadata_destroy>> metadata(raw);
    if (metadata->topic_cnt == 0)
      return std::unexpected("Kafka says nothing of the topic " + std::string(rd_kafka_topic_name(topic)));
    const auto& found = metadata->topics[0];
    if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR) return found.partition_cnt;
    if (!lacks_leader(found.err) || left_until(deadline) <= pause) {
      return std::unexpected("the topic " + std::string(found.topic) + ": " + rd_kafka_err2str(found.err));
    }
    std::this_thread::sleep_for(pause);
  }
}

std::expected<watermarks, std::string> query_watermarks(rd_kafka_t* client, const char* topic, std::int32_t partition,
                                                        std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    watermarks found;
    const auto rest = std::min(left_until(deadline), look_most);
    const auto error = rd_kafka_query_watermark_offsets(client, topic, partition, &found.low, &found.high,
                                                        static_cast<int>(rest.count()));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    if (!(lacks_leader(error) || error == RD_KAFKA_RESP_ERR__TIMED_OUT) || left_until(deadline) <= pause) {
      return std::unexpected("the topic " + std::string(topic) + ": " + rd_kafka_err2str(error));
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace sendcode::kafka
