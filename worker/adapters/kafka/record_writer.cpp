#include "worker/adapters/kafka/record_writer.hpp"

#include <string_view>

#include "worker/adapters/kafka/client_conf.hpp"
#include "worker/adapters/kafka/produce.hpp"
#include "worker/adapters/kafka/topic_lookup.hpp"

namespace sendcode::kafka {

struct record_writer::state {
  last_error said;
  std::size_t unanswered = 0;
  std::string first_failure;
  client_ptr client;
  topic_ptr topic;

  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    auto& me = *static_cast<state*>(self);
    --me.unanswered;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && me.first_failure.empty()) {
      me.first_failure = rd_kafka_err2str(message->err);
    }
  }
  static void on_error(rd_kafka_t* from, int error, const char* text, void* self) {
    last_error::remember(from, error, text, &static_cast<state*>(self)->said);
  }
  rd_kafka_resp_err_t take(const written_record& record);
};

rd_kafka_resp_err_t record_writer::state::take(const written_record& record) {
  const auto error = produce(client.get(), rd_kafka_topic_name(topic.get()), record);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) ++unanswered;
  return error;
}

record_writer::record_writer(std::unique_ptr<state> made) : state_(std::move(made)) {}
record_writer::record_writer(record_writer&&) noexcept = default;
record_writer& record_writer::operator=(record_writer&&) noexcept = default;

record_writer::~record_writer() {
  if (!state_ || !state_->client) return;
  rd_kafka_purge(state_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

std::expected<record_writer, std::string> record_writer::open(const property_map& properties, const std::string& topic,
                                                              std::chrono::milliseconds at_most) {
  auto conf = producer_conf(properties);
  if (!conf) return std::unexpected(to_sentence(conf.error()));
  auto made = std::make_unique<state>();
  rd_kafka_conf_set_opaque(conf->get(), made.get());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), &state::on_delivery);
  rd_kafka_conf_set_error_cb(conf->get(), &state::on_error);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) return std::unexpected(client.error());
  made->client = std::move(*client);
  made->topic.reset(rd_kafka_topic_new(made->client.get(), topic.c_str(), nullptr));
  if (!made->topic) return std::unexpected("the topic's name is not allowed: " + topic);
  const auto found =
      count_partitions(made->client.get(), made->topic.get(), made->said, std::chrono::steady_clock::now() + at_most);
  if (!found) return std::unexpected(found.error());
  return record_writer(std::move(made));
}

std::expected<void, std::string> record_writer::write(const std::vector<written_record>& records,
                                                      std::chrono::milliseconds at_most) {
  constexpr int slice_ms = 50;
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  const auto is_late = [&] { return std::chrono::steady_clock::now() >= deadline; };
  state_->first_failure.clear();
  for (const auto& record : records) {
    auto error = state_->take(record);
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !is_late()) {
      rd_kafka_poll(state_->client.get(), slice_ms);
      error = state_->take(record);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(std::string(rd_kafka_err2str(error)));
  }
  while (state_->unanswered > 0 && !is_late()) rd_kafka_flush(state_->client.get(), slice_ms);
  if (!state_->first_failure.empty()) return std::unexpected(state_->first_failure);
  if (state_->unanswered == 0) return {};
  return std::unexpected("Kafka didn't acknowledge " + std::to_string(state_->unanswered) + " of " +
                         std::to_string(records.size()) + " records in time" +
                         (state_->said.text.empty() ? "" : ": " + state_->said.text));
}

}  // namespace sendcode::kafka
