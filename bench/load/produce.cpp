#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "bench/load/commands.hpp"
#include "bench/load/kafka_client.hpp"
#include "bench/load/pace.hpp"

namespace sendcode::bench {
namespace {

using std::chrono::steady_clock;

void write_times(const load_options& options, const std::vector<std::int64_t>& produced_at_us) {
  std::ofstream out(options.times);
  for (std::size_t i = 0; i < produced_at_us.size(); ++i) {
    out << phone_of(options.first + i) << ' ' << produced_at_us[i] << '\n';
  }
  out.close();
  if (!out) throw std::runtime_error("cannot write " + options.times);
}

}  // namespace

nlohmann::json produce_load(const load_options& options) {
  // With a shorter linger the broker, not the worker, is what a steady rate wears out: each partition's batch is a
  // request.
  const kafka::property_map properties = {
      {"bootstrap.servers", options.bootstrap}, {"linger.ms", "5"}, {"queue.buffering.max.kbytes", "65536"}};
  producer out(properties, options.topic);
  std::vector<std::int64_t> produced_at_us;
  produced_at_us.reserve(options.count);
  const auto began = steady_clock::now();
  const pace steady(options.rate);
  std::uint64_t made = 0;
  while (made < options.count) {
    for (const auto due = std::min(steady.due(), options.count); made < due; ++made) {
      const auto one = make_event(options.run, options.first + made);
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      produced_at_us.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
      out.produce_copy(one);
      if (options.rate <= 0 && made % 1'000 == 0) out.poll();
    }
    out.poll();
    if (made < options.count) pace::rest();
  }
  if (!out.flush()) throw std::runtime_error("Kafka did not acknowledge every event within a minute");
  const std::chrono::duration<double> took = steady_clock::now() - began;
  if (!options.times.empty()) write_times(options, produced_at_us);
  return {{"events", out.counts().acknowledged}, {"failed", out.counts().failed}, {"seconds", took.count()}};
}

}  // namespace sendcode::bench
