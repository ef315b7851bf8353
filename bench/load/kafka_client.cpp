#include "bench/load/kafka_client.hpp"

#include <array>
#include <stdexcept>

#include "worker/adapters/kafka/client_conf.hpp"

namespace sendcode::bench {
namespace {

constexpr int flush_max_ms = 60'000;
constexpr int full_pause_ms = 5;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* counts) {
  auto& out = *static_cast<produced_counts*>(counts);
  ++(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? out.acknowledged : out.failed);
}

}  // namespace

producer::producer(const kafka::property_map& properties, const std::string& topic) {
  auto conf = kafka::producer_conf(properties);
  if (!conf) throw std::runtime_error(kafka::to_sentence(conf.error()));
  rd_kafka_conf_set_opaque(conf->get(), counts_.get());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), &on_delivery);
  auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) throw std::runtime_error(client.error());
  client_ = std::move(*client);
  topic_.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  if (!topic_) throw std::runtime_error("librdkafka does not allow the topic's name " + topic);
}

void producer::produce(const std::string& key, const std::string& value, rd_kafka_headers_t* headers) {
  produce(key, value, headers, 0);
}

void producer::produce_copy(const event& one) {
  kafka::headers_ptr headers(rd_kafka_headers_new(one.headers.size()));
  for (const auto& [name, value] : one.headers) {
    rd_kafka_header_add(headers.get(), name, -1, value.data(), static_cast<ssize_t>(value.size()));
  }
  produce(one.phone, one.value, headers.release(), RD_KAFKA_MSG_F_COPY);
}

void producer::produce(const std::string& key, const std::string& value, rd_kafka_headers_t* headers, int flags) {
  std::array<rd_kafka_vu_t, 5> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = topic_.get();
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = flags;
  fields[2].vtype = RD_KAFKA_VTYPE_KEY;
  fields[2].u.mem = {kafka::bytes_of(key), key.size()};
  fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[3].u.mem = {kafka::bytes_of(value), value.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[4].u.headers = headers;
  for (;;) {
    const kafka::error_ptr failed(rd_kafka_produceva(client_.get(), fields.data(), fields.size()));
    if (!failed) return;
    if (rd_kafka_error_code(failed.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_headers_destroy(headers);
      throw std::runtime_error(rd_kafka_error_string(failed.get()));
    }
    rd_kafka_poll(client_.get(), full_pause_ms);
  }
}

bool producer::flush() {
  return rd_kafka_flush(client_.get(), flush_max_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace sendcode::bench
