#include "worker/adapters/kafka/link_state.hpp"

#include <array>

#include "common/logging.hpp"

namespace sendcode::kafka {
namespace {

// What the person who runs the worker has to do about it; empty where librdkafka's text says it all.
std::string_view advice(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return "Kafka cannot be reached: intake waits. Check bootstrap.servers in kafka.properties, and that the brokers "
             "run";
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return "Kafka's host name cannot be resolved: check bootstrap.servers in kafka.properties";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return "Kafka refused the credentials: check sasl.username, sasl.password and sasl.mechanism in kafka.properties";
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      return "Kafka doesn't offer this SASL mechanism: check sasl.mechanism in kafka.properties";
    case RD_KAFKA_RESP_ERR__SSL:
      return "TLS with Kafka failed: check security.protocol and ssl.ca.location in kafka.properties, and the broker's "
             "certificate";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return "Kafka's ACLs refuse a topic: the worker needs READ on its input and WRITE on statuses and dead letters";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return "Kafka's ACLs refuse the group: the worker needs READ on the group that kafka.group names";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "Kafka's ACLs refuse idempotent writes: the worker needs IDEMPOTENT_WRITE on the cluster (brokers before "
             "2.8)";
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return "a topic is missing: create it";
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      return "the worker did not poll within max.poll.interval.ms: its machine stood still, or it is a bug";
    default:
      return {};
  }
}

// One broker's connection: librdkafka reconnects by itself, and says _ALL_BROKERS_DOWN when none is left.
bool is_passing(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
         error == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || error == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
}

}  // namespace

void link_state::complain(rd_kafka_t* client, rd_kafka_resp_err_t error, std::string_view text) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    fatal(client);
    return;
  }
  if (is_passing(error)) {
    log::debug("a connection to Kafka failed", {{"error", rd_kafka_err2name(error)}, {"text", text}});
    return;
  }
  const bool unexplained = error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  const bool explained = error == RD_KAFKA_RESP_ERR__RESOLVE || error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
                         error == RD_KAFKA_RESP_ERR__SSL;
  explained_ |= explained;
  const bool unreachable = explained || unexplained;
  if (unreachable && (!down_ || !known_)) {
    down_ = true;
    known_ = true;
    if (on_up_) on_up_(false);
  }
  if (unexplained && explained_) return;
  if (!said_[error].is_due(std::chrono::steady_clock::now())) return;
  const auto sentence = advice(error);
  log::warn(sentence.empty() ? "Kafka complains" : sentence, {{"error", rd_kafka_err2name(error)}, {"text", text}});
}

void link_state::alive() {
  if (known_ && !down_) return;
  if (known_) log::info("Kafka answers again");
  down_ = false;
  known_ = true;
  explained_ = false;
  said_.clear();
  if (on_up_) on_up_(true);
}

void link_state::fatal(rd_kafka_t* client) {
  if (fatal_) return;
  fatal_ = true;
  std::array<char, 512> text{};
  const auto error = rd_kafka_fatal_error(client, text.data(), text.size());
  if (on_fatal_) on_fatal_(std::string(rd_kafka_err2name(error)) + ": " + text.data());
}

}  // namespace sendcode::kafka
