#include "worker/adapters/kafka/topic_inspection.hpp"

#include <algorithm>
#include <array>

#include "worker/adapters/kafka/client_conf.hpp"
#include "worker/adapters/kafka/topic_lookup.hpp"

namespace sendcode::kafka {
namespace {

using event_ptr = std::unique_ptr<rd_kafka_event_t, destroyer<rd_kafka_event_destroy>>;
using options_ptr = std::unique_ptr<rd_kafka_AdminOptions_t, destroyer<rd_kafka_AdminOptions_destroy>>;
using resource_ptr = std::unique_ptr<rd_kafka_ConfigResource_t, destroyer<rd_kafka_ConfigResource_destroy>>;

enum class untold : std::uint8_t { refused, unanswered };
using configuration = std::map<std::string, std::string>;

std::expected<configuration, untold> describe(rd_kafka_t* client, const std::string& topic,
                                              std::chrono::milliseconds at_most) {
  const auto timeout = static_cast<int>(at_most.count());
  const options_ptr options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  std::array<char, 256> ignored{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, ignored.data(), ignored.size());
  const resource_ptr wanted(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const queue_ptr answers(rd_kafka_queue_new(client));
  std::array<rd_kafka_ConfigResource_t*, 1> list{wanted.get()};
  rd_kafka_DescribeConfigs(client, list.data(), list.size(), options.get(), answers.get());
  const event_ptr event(rd_kafka_queue_poll(answers.get(), timeout));
  const auto error = event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (error == RD_KAFKA_RESP_ERR__TIMED_OUT) return std::unexpected(untold::unanswered);
  const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
  if (result == nullptr || error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(untold::refused);
  std::size_t count = 0;
  auto* const* resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
  if (count != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(untold::refused);
  }
  configuration out;
  auto* const* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) out[rd_kafka_ConfigEntry_name(entries[i])] = value;
  }
  return out;
}

void count(const rd_kafka_metadata_topic& topic, topic_state& into) {
  into.partitions = topic.partition_cnt;
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const auto& partition = topic.partitions[i];
    into.replicas_least = i == 0 ? partition.replica_cnt : std::min(into.replicas_least, partition.replica_cnt);
    into.in_sync_least = i == 0 ? partition.isr_cnt : std::min(into.in_sync_least, partition.isr_cnt);
    if (partition.leader < 0) ++into.without_leader;
  }
}

}  // namespace

std::expected<topics_state, std::string> inspect_topics(const property_map& properties,
                                                        const std::vector<std::string>& topics,
                                                        std::chrono::milliseconds at_most) {
  last_error said;
  auto conf = producer_conf(properties);
  if (!conf) return std::unexpected(to_sentence(conf.error()));
  rd_kafka_conf_set_opaque(conf->get(), &said);
  rd_kafka_conf_set_error_cb(conf->get(), &last_error::remember);
  const auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) return std::unexpected(client.error());
  topics_state out;
  bool answers = true;  // a broker that leaves one such question unanswered is not waited for again
  for (const auto& name : topics) {
    const topic_ptr topic(rd_kafka_topic_new(client->get(), name.c_str(), nullptr));
    if (!topic) return std::unexpected("the topic's name is not allowed: " + name);
    const struct rd_kafka_metadata* raw = nullptr;
    const auto error = rd_kafka_metadata(client->get(), 0, topic.get(), &raw, static_cast<int>(at_most.count()));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_poll(client->get(), 0);  // brings the error callback
      return std::unexpected(said.text.empty() ? rd_kafka_err2str(error) : said.text);
    }
    const std::unique_ptr<const struct rd_kafka_metadata, destroyer<rd_kafka_metadata_destroy>> metadata(raw);
    out.brokers = static_cast<std::size_t>(metadata->broker_cnt);
    auto& state = out.topics.emplace_back(topic_state{.name = name, .error = {}, .configuration = {}});
    if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      state.error = metadata->topic_cnt != 1 ? "Kafka says nothing of it" : rd_kafka_err2str(metadata->topics[0].err);
      continue;
    }
    count(metadata->topics[0], state);
    if (!answers) continue;
    auto described = describe(client->get(), name, at_most);
    answers = described || described.error() != untold::unanswered;
    if (described) state.configuration = std::move(*described);
  }
  return out;
}

}  // namespace sendcode::kafka
