#include "worker/adapters/kafka/records.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace sendcode::kafka {
namespace {

struct held_message {
  message_ptr message;
  std::shared_ptr<record_count> alive;
};

void let_go(void* owner) {
  const std::unique_ptr<held_message> held(static_cast<held_message*>(owner));
  held->message.reset();
  held->alive->fetch_sub(1, std::memory_order_release);  // after the message is gone: the consumer may be closed now
}

std::string_view view_of(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

ports::incoming_record to_record(message_ptr message, const std::shared_ptr<record_count>& alive,
                                 ports::record_position position) {
  const rd_kafka_message_t* const raw = message.get();
  ports::incoming_record out;
  alive->fetch_add(1, std::memory_order_relaxed);
  out.owner = {new held_message{std::move(message), alive}, &let_go};
  if (raw->key != nullptr) out.key = view_of(raw->key, raw->key_len);
  out.value = view_of(raw->payload, raw->len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(raw, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    out.headers.reserve(rd_kafka_header_cnt(headers));
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      out.headers.push_back({name, view_of(value, size)});
    }
  }
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const auto at = rd_kafka_message_timestamp(raw, &kind);
  if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && at >= 0) out.appended_at = from_unix_ms(at);
  out.position = std::move(position);
  return out;
}

std::size_t shard_of(const rd_kafka_message_t& message, std::size_t shards) {
  if (message.key_len == 0) return static_cast<std::size_t>(message.partition) % shards;
  return std::hash<std::string_view>{}(view_of(message.key, message.key_len)) % shards;
}

}  // namespace sendcode::kafka
