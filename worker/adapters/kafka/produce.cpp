#include "worker/adapters/kafka/produce.hpp"

#include <array>

namespace sendcode::kafka {

rd_kafka_resp_err_t produce(rd_kafka_t* client, const char* topic, const written_record& record) {
  headers_ptr headers(rd_kafka_headers_new(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  std::array<rd_kafka_vu_t, 7> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic;
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = RD_KAFKA_MSG_F_COPY;
  fields[2].vtype = RD_KAFKA_VTYPE_KEY;
  if (record.key) fields[2].u.mem = {bytes_of(*record.key), record.key->size()};
  fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
  if (record.value) fields[3].u.mem = {bytes_of(*record.value), record.value->size()};
  fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[4].u.headers = headers.get();
  fields[5].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[5].u.i32 = record.partition.value_or(RD_KAFKA_PARTITION_UA);
  fields[6].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[6].u.i64 = record.at ? to_unix_ms(*record.at) : 0;
  const error_ptr failed(rd_kafka_produceva(client, fields.data(), fields.size()));
  if (failed) return rd_kafka_error_code(failed.get());
  (void)headers.release();
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace sendcode::kafka
