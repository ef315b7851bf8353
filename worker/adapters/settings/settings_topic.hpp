#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/config/files.hpp"
#include "worker/adapters/settings/environment_documents.hpp"
#include "worker/adapters/settings/settings_source.hpp"
#include "worker/ports/document_log.hpp"

// Settings from a compacted topic: a JSON document under each environment's id, with its secrets. One thread.
namespace sendcode::adapters {

class settings_topic final : public settings_source, private ports::document_log::sink {
 public:
  // `topic` is only named. `secrets` must outlive this.
  settings_topic(std::unique_ptr<ports::document_log> log, std::string topic, const config::secrets_directory& secrets,
                 missing_secrets missing = missing_secrets::logged)
      : log_(std::move(log)), topic_(std::move(topic)), documents_(secrets, missing) {}

  domain::settings_ptr poll() override;

 private:
  void begin() override;
  void take(const ports::document_record& record) override;
  void whole() override;

  // Whether the record may be an environment's document; says so if not.
  bool is_addressed(const ports::document_record& record) const;
  void warn_of_partitions(const std::string& environment, std::int32_t partition);
  void decode(const std::string& environment, const ports::document_record& record);

  std::unique_ptr<ports::document_log> log_;
  std::string topic_;
  environment_documents documents_;
  std::map<std::string, std::int32_t> standing_;  // environments that came since the log began, and their partition
  bool is_whole_ = false;                         // once at least
};

}  // namespace sendcode::adapters
