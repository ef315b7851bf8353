#include "tests/integration/end_to_end/topic_log.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <ranges>
#include <stdexcept>

#include "common/bytes.hpp"
#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::e2e {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds open_most{20};
constexpr std::chrono::milliseconds look_for_stop{100};

// For the contract's validator, if it is asked for.
void write_out(const std::string& topic, const logged_record& record) {
  static const char* const file = std::getenv("SENDCODE_MESSAGES");
  if (file == nullptr) return;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static std::ofstream out(file, std::ios::trunc);
  json line{{"topic", topic}, {"key", record.key ? json(*record.key) : json()}, {"headers", json::array()}};
  for (const auto& [name, value] : record.headers) line["headers"].push_back({name, value});
  if (!record.value) {
    line["value"] = nullptr;
  } else if (topic.find("dead-letter") != topic.npos) {
    line["value_base64"] = to_base64(*record.value);
  } else {
    line["value"] = record.data;
  }
  out << line.dump(-1, ' ', false, json::error_handler_t::replace) << '\n' << std::flush;
}

logged_record copy(const kafka::read_record& from) {
  logged_record to;
  if (from.key) to.key = std::string(*from.key);
  if (from.value) to.value = std::string(*from.value);
  for (const auto& [name, value] : from.headers) to.headers.emplace_back(name, value);
  to.data = json::parse(to.value.value_or(""), nullptr, false);
  return to;
}

}  // namespace

std::string logged_record::header(std::string_view name) const {
  for (const auto& [each, text] : std::views::reverse(headers)) {
    if (each == name) return text;
  }
  return {};
}

topic_log::topic_log(const std::string& bootstrap, std::string topic) : topic_(std::move(topic)) {
  thread_ = std::thread([this, bootstrap] { read(bootstrap); });
}

topic_log::~topic_log() {
  stop_ = true;
  thread_.join();
}

void topic_log::read(const std::string& bootstrap) {
  const auto open = [&] {
    return kafka::record_reader::open({{"bootstrap.servers", bootstrap}}, topic_,
                                      {.where = kafka::read_from::kind::beginning}, open_most);
  };
  auto reader = open();
  while (!reader && !stop_) reader = open();  // a topic that was just made may have no leader yet
  while (reader && !stop_) {
    const auto take = [&](const kafka::read_record& record) {
      auto copied = copy(record);
      write_out(topic_, copied);
      const std::lock_guard lock(mutex_);
      records_.push_back(std::move(copied));
      return true;
    };
    (void)reader->read(take, look_for_stop);
  }
}

std::vector<logged_record> topic_log::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

std::size_t topic_log::size() const {
  const std::lock_guard lock(mutex_);
  return records_.size();
}

std::set<std::string> topic_log::ids() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> out;
  for (const auto& each : records_) out.insert(each.header("ce_id"));
  return out;
}

std::vector<logged_record> topic_log::where(const std::function<bool(const logged_record&)>& fits) const {
  const std::lock_guard lock(mutex_);
  std::vector<logged_record> out;
  std::ranges::copy_if(records_, std::back_inserter(out), fits);
  return out;
}

}  // namespace sendcode::e2e
