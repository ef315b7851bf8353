#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

// What bench-load does. Each gives what it counted; what keeps it from going on is thrown, as a sentence.
namespace sendcode::bench {

struct load_options {
  std::string bootstrap;
  std::string topic = "sms.send-code";
  std::string run = "bench";  // first part of every identifier
  std::uint64_t first = 0;    // number of the first event
  std::uint64_t count = 0;    // of events
  double rate = 0;            // events a second; 0: as fast as it can
  std::string times;          // a file for each event's phone, and when it was produced and read (Unix time, us)
};
nlohmann::json produce_load(const load_options& options);

// Every status of the run's events that the topic holds: how many of each kind, and how many came twice.
struct status_options {
  std::string bootstrap;
  std::string topic = "sms.delivery-status";
  std::string run = "bench";
};
nlohmann::json count_statuses(const status_options& options);

// The floor: what it costs to post a text, and nothing else.
struct http_floor_options {
  std::string base_url;
  std::string ca_file;
  std::uint64_t connections = 64;
  std::uint64_t first = 0;    // number of the first text's phone
  std::uint64_t count = 0;    // of texts that are measured
  std::uint64_t warm_up = 0;  // texts before them
};
nlohmann::json measure_http_floor(const http_floor_options& options);

// The floor: what it costs to take a record and to produce a status, and nothing else.
struct kafka_floor_options {
  std::string bootstrap;
  std::string topic_in = "sms.send-code";
  std::string topic_out = "sms.delivery-status";
  std::uint64_t count = 0;
  std::uint64_t warm_up = 0;
  double rate = 0;
};
nlohmann::json measure_kafka_floor(const kafka_floor_options& options);

}  // namespace sendcode::bench
