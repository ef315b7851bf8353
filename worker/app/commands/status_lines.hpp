#pragma once

#include <string>
#include <string_view>

#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::app {

// One status as a line: for a person, or for a program (`ce_id` and `time` beside the data).
std::string status_line(const kafka::read_record& record, bool json);

// A text member of a status' data; empty: absent, or the record is no status.
std::string status_member(const kafka::read_record& record, std::string_view name);

}  // namespace sendcode::app
