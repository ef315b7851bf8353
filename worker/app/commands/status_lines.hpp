#pragma once

#include <string>
#include <string_view>

#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::app {

struct line_style {
  bool json = false;     // for a program: `ce_id` and `time` beside the data
  bool colours = false;  // for a person on a terminal
};

// One status as a line. For people in columns: time, kind, status, masked phone number, sender, environment, challenge,
// and what else there is to say by name.
std::string status_line(const kafka::read_record& record, line_style style);

// A text member of a status' data; empty: absent, or the record is no status.
std::string status_member(const kafka::read_record& record, std::string_view name);

}  // namespace sendcode::app
