#include "worker/adapters/kafka/transactional_writer.hpp"

#include <array>
#include <utility>

#include "worker/adapters/kafka/client_conf.hpp"
#include "worker/adapters/kafka/produce.hpp"
#include "worker/adapters/kafka/topic_lookup.hpp"

namespace sendcode::kafka {
namespace {

using clock = std::chrono::steady_clock;

// An open transaction holds up whoever reads what is committed: after this long the broker gives up one whose owner
// died. librdkafka wants its own timeouts within it.
constexpr const char* transaction_timeout_ms = "15000";
constexpr const char* message_timeout_ms = "10000";
constexpr const char* socket_timeout_ms = "5000";

std::string explain(const rd_kafka_error_t* error, const std::string& id) {
  switch (rd_kafka_error_code(error)) {
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "Kafka's ACLs refuse the transactional id " + id + ": give this principal DESCRIBE and WRITE on it";
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return "another one has begun under the transactional id " + id + ", and took over";
    default:
      return rd_kafka_error_string(error);
  }
}

// Asks again while that can help and the deadline is not over. Null: done.
template <typename Call>
error_ptr persist(Call call, clock::time_point deadline) {
  for (;;) {
    error_ptr error(call(static_cast<int>(left_until(deadline).count())));
    if (!error || rd_kafka_error_is_retriable(error.get()) == 0 || clock::now() >= deadline) return error;
  }
}

bool set(rd_kafka_conf_t* conf, const char* name, const std::string& value, std::string& why) {
  std::array<char, 256> text{};
  if (rd_kafka_conf_set(conf, name, value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK) return true;
  why = text.data();
  return false;
}

}  // namespace

struct transactional_writer::state {
  last_error said;
  std::string id;
  client_ptr client;

  std::expected<void, std::string> check_topics(const std::vector<std::string>& topics, clock::time_point deadline);
  // Gives the transaction up. The sentence says why, and whether that is known to have been done.
  std::string abort(const std::string& why, clock::time_point deadline);
};

std::expected<void, std::string> transactional_writer::state::check_topics(const std::vector<std::string>& topics,
                                                                           clock::time_point deadline) {
  for (const auto& name : topics) {
    const topic_ptr topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
    if (!topic) return std::unexpected("the topic's name is not allowed: " + name);
    const auto found = count_partitions(client.get(), topic.get(), said, deadline);
    if (!found) return std::unexpected(found.error());
  }
  return {};
}

std::string transactional_writer::state::abort(const std::string& why, clock::time_point deadline) {
  const auto failed = persist([this](int ms) { return rd_kafka_abort_transaction(client.get(), ms); }, deadline);
  return failed ? why + "; Kafka gives the transaction up by itself" : why + "; nothing of the transaction was written";
}

transactional_writer::transactional_writer(std::unique_ptr<state> made) : state_(std::move(made)) {}
transactional_writer::transactional_writer(transactional_writer&&) noexcept = default;
transactional_writer& transactional_writer::operator=(transactional_writer&&) noexcept = default;

transactional_writer::~transactional_writer() {
  if (!state_ || !state_->client) return;
  rd_kafka_purge(state_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

std::expected<transactional_writer, std::string> transactional_writer::open(const property_map& properties,
                                                                            const std::string& id,
                                                                            const std::vector<std::string>& topics,
                                                                            std::chrono::milliseconds at_most) {
  const auto deadline = clock::now() + at_most;
  auto conf = producer_conf(properties);
  if (!conf) return std::unexpected(to_sentence(conf.error()));
  std::string why;
  const bool is_set = set(conf->get(), "transactional.id", id, why) &&
                      set(conf->get(), "transaction.timeout.ms", transaction_timeout_ms, why) &&
                      set(conf->get(), "message.timeout.ms", message_timeout_ms, why) &&
                      set(conf->get(), "socket.timeout.ms", socket_timeout_ms, why);
  if (!is_set) return std::unexpected(why);
  auto made = std::make_unique<state>();
  made->id = id;
  rd_kafka_conf_set_opaque(conf->get(), &made->said);
  rd_kafka_conf_set_error_cb(conf->get(), &last_error::remember);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) return std::unexpected(client.error());
  made->client = std::move(*client);
  if (auto found = made->check_topics(topics, deadline); !found) return std::unexpected(found.error());
  const auto failed = persist([&](int ms) { return rd_kafka_init_transactions(made->client.get(), ms); }, deadline);
  if (failed) return std::unexpected("Kafka begins no transaction: " + explain(failed.get(), id));
  return transactional_writer(std::move(made));
}

std::expected<void, std::string> transactional_writer::write(const std::vector<addressed_record>& records,
                                                             std::chrono::milliseconds at_most) {
  const auto deadline = clock::now() + at_most;
  auto* const client = state_->client.get();
  if (const error_ptr failed(rd_kafka_begin_transaction(client)); failed) {
    return std::unexpected(explain(failed.get(), state_->id));
  }
  for (const auto& [topic, record] : records) {
    auto error = produce(client, topic.c_str(), record);
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && clock::now() < deadline) {
      rd_kafka_poll(client, 50);
      error = produce(client, topic.c_str(), record);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::unexpected(state_->abort(rd_kafka_err2str(error), clock::now() + at_most));
    }
  }
  const auto failed = persist([&](int ms) { return rd_kafka_commit_transaction(client, ms); }, deadline);
  if (!failed) return {};
  const auto why = explain(failed.get(), state_->id);
  if (rd_kafka_error_txn_requires_abort(failed.get()) != 0) {
    return std::unexpected(state_->abort(why, clock::now() + at_most));
  }
  return std::unexpected(why + "; whether the last transaction was committed is not known");
}

}  // namespace sendcode::kafka
