#include "worker/app/commands/settings_on_topic.hpp"

#include <chrono>
#include <ostream>
#include <utility>

#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/app/commands/kafka_access.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds open_most{10};
constexpr std::chrono::seconds read_most{60};

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
    with.err << "sendcode settings " << command << ": " << why << '\n';
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

std::unique_ptr<ports::document_log> as_log(standing_documents documents) {
  return std::make_unique<ended_log>(std::move(documents));
}

}  // namespace sendcode::app
