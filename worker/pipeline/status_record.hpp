#pragma once

#include <utility>

#include "worker/codec/status_encoder.hpp"
#include "worker/ports/event_stream.hpp"

namespace sendcode::pipeline {

// A status as the stream takes it.
inline ports::outgoing_record to_record(codec::encoded_record status) {
  ports::outgoing_record out;
  out.topic = ports::topic::delivery_status;
  out.key = std::move(status.key);
  out.headers = std::move(status.headers);
  out.value = std::move(status.value);
  return out;
}

}  // namespace sendcode::pipeline
