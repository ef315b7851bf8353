#pragma once

#include <expected>
#include <span>
#include <string_view>

#include "worker/domain/event.hpp"
#include "worker/domain/record_header.hpp"

namespace sendcode::codec {

constexpr std::size_t value_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t header_bytes_max = std::size_t{16} * 1024;  // names and values of all together
constexpr std::size_t headers_max = 64;
constexpr std::size_t json_depth_max = 8;

// Reads a record of `sms.send-code`: CloudEvents 1.0 in Kafka's binary mode (`ce_` headers, JSON data) or structured
// mode
// (`application/cloudevents+json`), then io.sendcode.send-code.v1 (schemas/send-code.schema.json). Never throws for
// bytes from outside.
std::expected<domain::send_code_event, domain::undecodable> decode_event(std::span<const domain::record_header> headers,
                                                                         std::string_view value);

}  // namespace sendcode::codec
