#pragma once

#include "worker/adapters/kafka/handles.hpp"
#include "worker/adapters/kafka/record_writer.hpp"

namespace sendcode::kafka {

// Hands a copy of the record to librdkafka.
rd_kafka_resp_err_t produce(rd_kafka_t* client, const char* topic, const written_record& record);

}  // namespace sendcode::kafka
