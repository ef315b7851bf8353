#pragma once

#include <expected>
#include <string>

#include "worker/adapters/kafka/handles.hpp"
#include "worker/adapters/kafka/properties.hpp"

// rd_kafka_conf_t with our defaults below the user's properties and what we must set above them.
namespace sendcode::kafka {

using property_errors = std::vector<property_error>;

std::expected<conf_ptr, property_errors> consumer_conf(const property_map& properties, const std::string& group);
std::expected<conf_ptr, property_errors> producer_conf(const property_map& properties);
// Reads topics without a group.
std::expected<conf_ptr, property_errors> reader_conf(const property_map& properties);

// Takes the configuration over. The error is librdkafka's sentence.
std::expected<client_ptr, std::string> make_client(rd_kafka_type_t type, conf_ptr conf);

// "name: reason; name: reason"
std::string to_sentence(const property_errors& errors);

}  // namespace sendcode::kafka
