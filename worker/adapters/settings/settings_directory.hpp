#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "common/config/files.hpp"
#include "worker/adapters/settings/environment_documents.hpp"
#include "worker/adapters/settings/settings_source.hpp"

// Settings from a directory of <environment_id>.yaml files (a ConfigMap), with their secrets, read again as they
// change. One thread; no I/O but small local files.
namespace sendcode::adapters {

class settings_directory final : public settings_source {
 public:
  // `secrets` must outlive this.
  settings_directory(std::filesystem::path directory, const config::secrets_directory& secrets,
                     missing_secrets missing = missing_secrets::logged)
      : directory_(std::move(directory)), documents_(secrets, missing) {}

  // At the cost of one stat a file. What is there but cannot be read is tried again at every call; a file that went
  // takes its environment with it. While the directory itself cannot be read, nothing changes.
  domain::settings_ptr poll() override;

 private:
  struct known_file {
    std::optional<config::file_stamp> stamp;  // of what was read last
    bool unreadable = false;                  // at the last try
  };
  using stamps = std::map<std::string, config::file_stamp>;  // by environment

  std::optional<stamps> list_documents();
  void take(const std::string& environment, const config::file_stamp& stamp);

  std::filesystem::path directory_;
  environment_documents documents_;
  std::map<std::string, known_file> files_;
  bool unreadable_ = false;   // the directory, at the last call
  bool overflowing_ = false;  // more files than are taken
};

}  // namespace sendcode::adapters
