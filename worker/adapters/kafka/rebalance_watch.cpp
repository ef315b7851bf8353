#include "worker/adapters/kafka/rebalance_watch.hpp"

namespace sendcode::kafka {
namespace {

// What a request is stands in its protocol number.
constexpr std::int16_t join_group = 11;
constexpr std::int16_t heartbeat = 12;
constexpr std::int16_t sync_group = 14;

constexpr std::chrono::milliseconds answer_takes_effect{200};

}  // namespace

void rebalance_watch::install(rd_kafka_conf_t* conf) {
  constexpr auto name = "sendcode";
  static constexpr auto on_sent = [](rd_kafka_t*, int, const char*, std::int32_t, std::int16_t request, std::int16_t,
                                     std::int32_t, std::size_t, void* self) {
    static_cast<rebalance_watch*>(self)->sent(request);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  static constexpr auto on_answered = [](rd_kafka_t*, int, const char*, std::int32_t, std::int16_t request,
                                         std::int16_t, std::int32_t, std::size_t, std::int64_t, rd_kafka_resp_err_t,
                                         void* self) {
    static_cast<rebalance_watch*>(self)->answered(request, std::chrono::steady_clock::now());
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  static constexpr auto on_new = [](rd_kafka_t* client, const rd_kafka_conf_t*, void* self, char*, std::size_t) {
    rd_kafka_interceptor_add_on_request_sent(client, name, on_sent, self);
    rd_kafka_interceptor_add_on_response_received(client, name, on_answered, self);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  rd_kafka_conf_interceptor_add_on_new(conf, name, on_new, this);
}

void rebalance_watch::sent(std::int16_t request) {
  if (request == join_group) joining_.store(true, std::memory_order_release);
  if (request == heartbeat) heartbeat_out_.store(true, std::memory_order_release);
}

void rebalance_watch::answered(std::int16_t request, time now) {
  if (request == sync_group) joining_.store(false, std::memory_order_release);
  if (request == heartbeat) {
    heartbeat_answered_.store(now, std::memory_order_relaxed);
    heartbeat_out_.store(false, std::memory_order_release);
  }
}

bool rebalance_watch::is_calm(time now) const {
  return !is_joining() && !heartbeat_out_.load(std::memory_order_acquire) &&
         now - heartbeat_answered_.load(std::memory_order_relaxed) >= answer_takes_effect;
}

}  // namespace sendcode::kafka
