#include "worker/adapters/settings/settings_topic.hpp"

#include <utility>
#include <vector>

#include "common/config/rules.hpp"
#include "common/logging.hpp"
#include "worker/codec/settings_document.hpp"

namespace sendcode::adapters {

domain::settings_ptr settings_topic::poll() {
  log_->poll(*this);
  return is_whole_ ? documents_.poll() : nullptr;
}

void settings_topic::begin() {
  standing_.clear();
}

void settings_topic::whole() {
  is_whole_ = true;
  // What went while nobody read it left no record.
  for (const auto& environment : documents_.environments()) {
    if (!standing_.contains(environment)) documents_.remove(environment);
  }
}

void settings_topic::take(const ports::document_record& record) {
  if (!is_addressed(record)) return;
  const std::string environment(*record.key);
  if (!record.value) {
    standing_.erase(environment);
    documents_.remove(environment);
    return;
  }
  if (documents_.size() == documents_max && !documents_.contains(environment)) {
    log::error("more settings documents than are taken",
               {{"topic", topic_}, {"max", documents_max}, {"left_out", environment}});
    return;
  }
  warn_of_partitions(environment, record.partition);
  decode(environment, record);
}

bool settings_topic::is_addressed(const ports::document_record& record) const {
  if (record.key && config::identifier.accepts(*record.key)) return true;
  log::error("a settings record is refused: its key is no environment id", {{"topic", topic_},
                                                                            {"partition", record.partition},
                                                                            {"offset", record.offset},
                                                                            {"record_key", record.key.value_or("")},
                                                                            {"allowed", config::identifier.allowed}});
  return false;
}

void settings_topic::warn_of_partitions(const std::string& environment, std::int32_t partition) {
  const auto [at, is_new] = standing_.try_emplace(environment, partition);
  if (is_new || std::exchange(at->second, partition) == partition) return;
  log::warn(
      "an environment's settings stand in two partitions: which of them holds after a restart is chance. Give the "
      "topic "
      "one partition, or all who write it the same partitioner",
      {{"topic", topic_}, {"environment", environment}, {"partition", partition}});
}

void settings_topic::decode(const std::string& environment, const ports::document_record& record) {
  auto read = codec::decode_settings_json(*record.value, environment, topic_);
  if (read) return documents_.accept(environment, std::move(*read));
  const auto in_force = documents_.refuse(environment);
  for (const auto& p : read.error()) {
    log::error("a settings document is refused", {{"environment", environment},
                                                  {"topic", topic_},
                                                  {"partition", record.partition},
                                                  {"offset", record.offset},
                                                  {"key", p.path},
                                                  {"value", p.value},
                                                  {"allowed", p.allowed},
                                                  {"in_force", in_force}});
  }
}

}  // namespace sendcode::adapters
