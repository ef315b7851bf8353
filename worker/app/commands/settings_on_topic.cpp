#include "worker/app/commands/settings_on_topic.hpp"

#include <chrono>
#include <memory>
#include <ostream>
#include <utility>

#include "common/config/document.hpp"
#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/adapters/settings/settings_directory.hpp"
#include "worker/adapters/settings/settings_topic.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/ports/document_log.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds read_most{60};

// Commands tell themselves which secrets are missing, and of the environment that they are about.
constexpr auto told_here = adapters::missing_secrets::left_to_the_reader;

// What stands there, as a log that has come to its end.
class ended_log final : public ports::document_log {
 public:
  explicit ended_log(standing_documents documents) : documents_(std::move(documents)) {}

  void poll(sink& to) override {
    to.begin();
    for (const auto& [key, document] : documents_) to.take({key, document.value, document.partition, document.offset});
    to.whole();
  }

 private:
  standing_documents documents_;
};

}  // namespace

std::optional<standing_documents> read_settings_topic(const config::worker_config& config, std::string_view command,
                                                      context& with) {
  const auto fail = [&](const std::string& why) {
    with.err << "sendcode " << command << ": " << why << '\n';
    with.result = exit_code::unreachable;
    return std::nullopt;
  };
  const auto& topic = config.kafka.settings_topic;
  auto reader = kafka::record_reader::open(to_properties(config.kafka), topic,
                                           {.where = kafka::read_from::kind::beginning, .since = {}}, open_most);
  if (!reader) return fail(reader.error());
  standing_documents out;
  const auto each = [&](const kafka::read_record& record) {
    if (!record.key) return true;
    if (record.value) {
      out[std::string(*record.key)] = {std::string(*record.value), record.partition, record.offset};
    } else {
      out.erase(std::string(*record.key));
    }
    return true;
  };
  const auto end = reader->read(each, read_most, true);
  if (!end) return fail(end.error());
  if (*end != kafka::read_result::at_end) return fail("the topic " + topic + " could not be read to its end in time");
  return out;
}

domain::settings_ptr read_settings(const config::worker_config& config, const config::secrets_directory& secrets,
                                   std::string_view command, context& with) {
  return find_settings(config, secrets, command, with).in_force;
}

found_settings find_settings(const config::worker_config& config, const config::secrets_directory& secrets,
                             std::string_view command, context& with) {
  if (!config.settings.directory.empty()) {
    found_settings out{adapters::settings_directory(config.settings.directory, secrets, told_here).poll()};
    if (out.in_force == nullptr) with.result = exit_code::wrong_use;  // it said why
    return out;
  }
  auto documents = read_settings_topic(config, command, with);
  if (!documents) return {};
  auto log = std::make_unique<ended_log>(*documents);
  auto in_force = adapters::settings_topic(std::move(log), config.kafka.settings_topic, secrets, told_here).poll();
  return {std::move(in_force), std::move(*documents)};
}

std::optional<written_document> document_of(const config::worker_config& config, const found_settings& found,
                                            const std::string& environment) {
  if (!config.settings.directory.empty()) {
    const auto file = config.settings.directory / (environment + ".yaml");
    const auto text = config::read_document(file);
    if (!text) return std::nullopt;
    auto tree = config::parse_yaml(*text, file.string());
    if (!tree) return std::nullopt;
    return written_document{std::move(*tree), file.string(), file.filename().string()};
  }
  const auto standing = found.on_topic.find(environment);
  if (standing == found.on_topic.end()) return std::nullopt;
  const auto& [value, partition, offset] = standing->second;
  auto tree = config::parse_json(value, config.kafka.settings_topic);
  if (!tree) return std::nullopt;
  return written_document{std::move(*tree),
                          "the topic " + config.kafka.settings_topic + ", partition " + std::to_string(partition) +
                              ", offset " + std::to_string(offset),
                          "topic"};
}

}  // namespace sendcode::app
