// bench-load: the loads and floors of bench/run. Each subcommand ends with one JSON object on standard output.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "bench/load/commands.hpp"
#include "common/logging.hpp"

namespace {

using namespace sendcode::bench;

constexpr int failed = 1;
constexpr int wrong_use = 2;

template <typename Options>
void run_by(CLI::App* command, const Options& options, nlohmann::json (*measure)(const Options&)) {
  command->callback([&options, measure] { std::cout << measure(options).dump() << '\n'; });
}

}  // namespace

int main(int argc, char** argv) {
  sendcode::log::set_up(sendcode::log::level::warn, sendcode::log::format::automatic);
  CLI::App app("What bench/run loads the worker with, and what it holds it against.", "bench-load");
  app.require_subcommand(1);

  load_options load;
  auto* produce = app.add_subcommand("produce", "send-code events, as fast as it can or at a steady rate");
  produce->add_option("--bootstrap", load.bootstrap, "Kafka")->required();
  produce->add_option("--run", load.run, "first part of every identifier")->required();
  produce->add_option("--first", load.first, "number of the first event; each has its own phone");
  produce->add_option("--count", load.count, "of events")->required();
  produce->add_option("--rate", load.rate, "events a second (default: as fast as it can)");
  produce->add_option("--times", load.times,
                      "file for each phone: when its event was produced, and when a reader beside the worker had it, "
                      "in us of Unix time");
  run_by(produce, load, &produce_load);

  status_options status;
  auto* statuses = app.add_subcommand("statuses", "counts a run's statuses");
  statuses->add_option("--bootstrap", status.bootstrap, "Kafka")->required();
  statuses->add_option("--run", status.run, "whose statuses")->required();
  run_by(statuses, status, &count_statuses);

  http_floor_options http;
  auto* http_floor = app.add_subcommand("http-floor", "bare kept-alive HTTPS POSTs by Beast");
  http_floor->add_option("--url", http.base_url, "the sender's")->required();
  http_floor->add_option("--ca-file", http.ca_file, "of the sender's certificate")->required();
  http_floor->add_option("--connections", http.connections, "at once")->check(CLI::Range(1, 4000));
  http_floor->add_option("--first", http.first, "number of the first text's phone");
  http_floor->add_option("--count", http.count, "texts that are measured")->required();
  http_floor->add_option("--warm-up", http.warm_up, "texts before them");
  run_by(http_floor, http, &measure_http_floor);

  kafka_floor_options kafka;
  auto* kafka_floor = app.add_subcommand("kafka-floor", "librdkafka alone: a record in, a status out");
  kafka_floor->add_option("--bootstrap", kafka.bootstrap, "Kafka")->required();
  kafka_floor->add_option("--count", kafka.count, "records that are measured")->required();
  kafka_floor->add_option("--warm-up", kafka.warm_up, "records before them");
  kafka_floor->add_option("--rate", kafka.rate, "records a second (default: as fast as it can)");
  run_by(kafka_floor, kafka, &measure_kafka_floor);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : wrong_use;
  } catch (const std::exception& e) {
    std::cerr << "bench-load: " << e.what() << '\n';
    return failed;
  }
  return 0;
}
