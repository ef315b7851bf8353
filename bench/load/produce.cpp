#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bench/load/commands.hpp"
#include "bench/load/kafka_client.hpp"
#include "bench/load/pace.hpp"
#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::bench {
namespace {

using std::chrono::steady_clock;

std::int64_t unix_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// Reads the events beside the worker and does nothing with them: what is Kafka's share of their way.
class bystander {
 public:
  explicit bystander(const load_options& options) : count_(options.count) {
    auto opened = kafka::record_reader::open({{"bootstrap.servers", options.bootstrap}}, options.topic, {}, open_max);
    if (!opened) throw std::runtime_error(opened.error());
    reader_.emplace(std::move(*opened));
    thread_ = std::jthread([this] { read(); });
  }

  // When each phone's event came, once all have.
  const std::unordered_map<std::string, std::int64_t>& wait() {
    thread_.join();
    if (came_at_us_.size() < count_) throw std::runtime_error("another reader of the topic did not get every event");
    return came_at_us_;
  }

 private:
  void read() {
    const auto take = [this](const kafka::read_record& record) {
      if (record.key) came_at_us_.emplace(*record.key, unix_us());
      return came_at_us_.size() < count_;
    };
    (void)reader_->read(take, read_max);  // how it ends shows in what came
  }

  static constexpr std::chrono::seconds open_max{20};
  static constexpr std::chrono::seconds read_max{120};

  std::uint64_t count_;
  std::optional<kafka::record_reader> reader_;
  std::unordered_map<std::string, std::int64_t> came_at_us_;
  std::jthread thread_;
};

void write_times(const load_options& options, const std::vector<std::int64_t>& produced_at_us,
                 const std::unordered_map<std::string, std::int64_t>& read_at_us) {
  std::ofstream out(options.times);
  for (std::size_t i = 0; i < produced_at_us.size(); ++i) {
    const auto phone = phone_of(options.first + i);
    out << phone << ' ' << produced_at_us[i] << ' ' << read_at_us.at(phone) << '\n';
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
  std::optional<bystander> other;
  if (!options.times.empty()) other.emplace(options);
  producer out(properties, options.topic);
  std::vector<std::int64_t> produced_at_us;
  produced_at_us.reserve(options.count);
  const auto began = steady_clock::now();
  const pace steady(options.rate);
  std::uint64_t made = 0;
  while (made < options.count) {
    for (const auto due = std::min(steady.due(), options.count); made < due; ++made) {
      const auto one = make_event(options.run, options.first + made);
      produced_at_us.push_back(unix_us());
      out.produce_copy(one);
      if (options.rate <= 0 && made % 1'000 == 0) out.poll();
    }
    out.poll();
    if (made < options.count) pace::rest();
  }
  if (!out.flush()) throw std::runtime_error("Kafka did not acknowledge every event within a minute");
  const std::chrono::duration<double> took = steady_clock::now() - began;
  if (other) write_times(options, produced_at_us, other->wait());
  return {{"events", out.counts().acknowledged}, {"failed", out.counts().failed}, {"seconds", took.count()}};
}

}  // namespace sendcode::bench
