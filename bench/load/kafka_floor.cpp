#include <array>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "bench/load/commands.hpp"
#include "bench/load/kafka_client.hpp"
#include "bench/load/pace.hpp"
#include "bench/load/process_cpu.hpp"
#include "worker/adapters/kafka/client_conf.hpp"
#include "worker/adapters/kafka/topic_lookup.hpp"

namespace sendcode::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t batch_max = 500;  // as many as the worker takes a turn
constexpr std::chrono::milliseconds metadata_max{10'000};
constexpr std::chrono::seconds commit_interval{1};
constexpr std::chrono::seconds stall_max{20};

// A status as the worker publishes it, of one attempt; its key is no event's, so that nobody counts it as an outcome.
const std::string status_key = "floor-0000000000000000000000000";
const std::string status_value =
    R"({"kind":"outcome","request_id":"8c1f6a0e4b7d92f35e6a1c0d8b4f7e29","environment_id":"env_07",)"
    R"("application_id":"app_web","challenge_id":"floor-0000000000000000000000000","purpose":"sign_in",)"
    R"("status":"sent","sender":"twilio","message_id":"SM0123456789abcdef0123456789abcdef",)"
    R"("attempts":[{"sender":"twilio","outcome":"accepted","http_status":201,"latency_ms":12}],)"
    R"("phone_number":"+61*******06","country":"AU","segments":1,"expires_at":"2026-11-23T10:15:30.123Z"})";
const std::array<std::pair<const char*, std::string>, 8> status_headers = {
    {{"ce_specversion", "1.0"},
     {"ce_type", "io.sendcode.delivery-status.v1"},
     {"ce_source", "/sendcode"},
     {"ce_id", "8c1f6a0e4b7d92f35e6a1c0d8b4f7e29/outcome"},
     {"ce_subject", status_key},
     {"ce_time", "2026-11-23T08:15:30.123Z"},
     {"content-type", "application/json"},
     {"ce_traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}};

rd_kafka_headers_t* make_headers() {
  auto* const headers = rd_kafka_headers_new(status_headers.size());
  for (const auto& [name, value] : status_headers) {
    rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
  }
  return headers;
}

// Reads every partition from its beginning, without the others of a group.
class consumer {
 public:
  consumer(const kafka::property_map& properties, const std::string& topic) {
    auto conf = kafka::consumer_conf(properties, "bench-floor");
    if (!conf) throw std::runtime_error(kafka::to_sentence(conf.error()));
    auto client = kafka::make_client(RD_KAFKA_CONSUMER, std::move(*conf));
    if (!client) throw std::runtime_error(client.error());
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_.get());
    positions_ = kafka::make_partitions(16);
    for (int i = 0; i < partitions_of(topic); ++i) {
      rd_kafka_topic_partition_list_add(positions_.get(), topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    if (rd_kafka_assign(client_.get(), positions_.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error("librdkafka does not take the partitions of " + topic);
    }
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  }

  // At most `most` records, without waiting; how many there were.
  std::uint64_t take(std::uint64_t most) {
    std::array<rd_kafka_message_t*, batch_max> batch{};
    const auto count =
        rd_kafka_consume_batch_queue(queue_.get(), 0, batch.data(), std::min<std::size_t>(most, batch_max));
    std::uint64_t good = 0;
    for (ssize_t i = 0; i < count; ++i) {
      const kafka::message_ptr message(batch[static_cast<std::size_t>(i)]);
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      positions_->elems[message->partition].offset = message->offset + 1;
      ++good;
    }
    return good;
  }
  void commit() { rd_kafka_commit(client_.get(), positions_.get(), 1); }

 private:
  int partitions_of(const std::string& topic) {
    const kafka::topic_ptr named(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
    const auto count =
        kafka::count_partitions(client_.get(), named.get(), kafka::last_error{}, steady_clock::now() + metadata_max);
    if (!count) throw std::runtime_error(count.error());
    return *count;
  }

  kafka::client_ptr client_;
  kafka::partitions_ptr positions_;
  kafka::queue_ptr queue_;
};

}  // namespace

nlohmann::json measure_kafka_floor(const kafka_floor_options& options) {
  const kafka::property_map properties = {{"bootstrap.servers", options.bootstrap}};
  producer out(properties, options.topic_out);
  consumer in(properties, options.topic_in);
  // Until there is something, time doesn't count.
  std::uint64_t taken = 0;
  const auto asked = steady_clock::now();
  while (taken == 0) {
    taken = in.take(1);
    if (steady_clock::now() - asked > stall_max) throw std::runtime_error("no record came within 20 s");
    if (taken == 0) pace::rest();
  }
  const auto whole = options.warm_up + options.count;
  const pace steady(options.rate);
  auto commit_at = steady_clock::now() + commit_interval;
  auto last = steady_clock::now();
  auto cpu_began = process_cpu();
  auto began = last;
  bool warm = options.warm_up == 0;
  while (taken < whole) {
    const auto now = steady_clock::now();
    auto due = std::min(steady.due(), whole);
    while (taken < due) {
      const auto came = in.take(due - taken);
      if (came == 0) break;
      for (std::uint64_t i = 0; i < came; ++i) out.produce(status_key, status_value, make_headers());
      taken += came;
      last = now;
    }
    out.poll();
    if (!warm && taken >= options.warm_up) {
      warm = true;
      cpu_began = process_cpu();
      began = steady_clock::now();
    }
    if (now >= commit_at) {
      in.commit();
      commit_at = now + commit_interval;
    }
    if (now - last > stall_max) throw std::runtime_error("the records ended before their number");
    pace::rest();
  }
  if (!out.flush()) throw std::runtime_error("Kafka did not acknowledge every status within a minute");
  const auto cpu = process_cpu() - cpu_began;
  const std::chrono::duration<double> took = steady_clock::now() - began;
  return {
      {"events", options.count}, {"cpu_us", cpu.count()}, {"seconds", took.count()}, {"failed", out.counts().failed}};
}

}  // namespace sendcode::bench
