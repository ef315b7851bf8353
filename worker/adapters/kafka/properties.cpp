#include "worker/adapters/kafka/properties.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "worker/adapters/kafka/client_conf.hpp"

namespace sendcode::kafka {
namespace {

// What librdkafka finds only when it makes a client of it: combinations, files. Without brokers to ask, it connects to
// nothing.
void check_combination(rd_kafka_type_t type, const conf_ptr& conf, property_errors& errors) {
  conf_ptr unconnected(rd_kafka_conf_dup(conf.get()));
  rd_kafka_conf_set(unconnected.get(), "bootstrap.servers", "", nullptr, 0);
  auto client = make_client(type, std::move(unconnected));
  if (client) return;
  const auto same = [&](const property_error& each) { return each.reason == client.error(); };
  if (std::ranges::none_of(errors, same)) errors.push_back({"", client.error()});
}

// Of a file that isn't there librdkafka would show OpenSSL's words alone.
void check_files(const property_map& properties, property_errors& errors) {
  for (const auto& [name, value] : properties) {
    const bool is_file = name.starts_with("ssl.") && name.ends_with(".location");
    if (!is_file || value == "probe" || ::access(value.c_str(), R_OK) == 0) continue;
    errors.push_back({name, value + " cannot be read: " + std::error_code(errno, std::generic_category()).message()});
  }
}

}  // namespace

std::vector<property_error> check_properties(const property_map& properties, const std::string& group) {
  property_errors errors;
  auto consumer = consumer_conf(properties, group);
  if (!consumer) errors = std::move(consumer).error();
  auto producer = producer_conf(properties);
  if (!producer) {
    for (auto& each : producer.error()) {
      const auto same = [&](const property_error& known) { return known.name == each.name; };
      if (std::ranges::none_of(errors, same)) errors.push_back(std::move(each));
    }
  }
  check_files(properties, errors);
  if (!errors.empty()) return errors;
  check_combination(RD_KAFKA_CONSUMER, *consumer, errors);
  check_combination(RD_KAFKA_PRODUCER, *producer, errors);
  return errors;
}

}  // namespace sendcode::kafka
