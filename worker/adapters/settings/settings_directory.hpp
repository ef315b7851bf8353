#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/files.hpp"
#include "worker/domain/settings.hpp"

// Settings from a directory of <environment_id>.yaml files (a ConfigMap), with their secrets, read again as they
// change. One thread; no I/O but small local files.
namespace sendcode::adapters {

class settings_directory {
 public:
  // `secrets` must outlive this.
  settings_directory(std::filesystem::path directory, const config::secrets_directory& secrets)
      : directory_(std::move(directory)), secrets_(&secrets) {}

  // What is in force now, or null if nothing changed since the last call: meant for once a second, at the cost of one
  // stat a file. Each problem is a log line, once; what is there but cannot be read is tried again at every call. A
  // document that does not validate leaves its last good one in force (none yet: the environment is `broken`); a file
  // that went takes its environment with it; a secret that cannot be read is null in the snapshot. While the directory
  // itself cannot be read, nothing changes: null, and so no snapshot at all until it could be read once.
  domain::settings_ptr poll();

 private:
  struct secret_file {
    std::string name;
    std::optional<config::file_stamp> stamp;
  };
  struct known_document {
    std::optional<config::file_stamp> stamp;            // of what was read last
    bool unreadable = false;                            // at the last try
    std::optional<domain::environment_settings> valid;  // the last good one, its secrets not yet read
    std::vector<secret_file> secrets;
    std::vector<std::string> missing;                              // secrets that the log was told of
    std::shared_ptr<const domain::environment_settings> in_force;  // the same with its secrets
  };
  using stamps = std::map<std::string, config::file_stamp>;  // by environment

  std::optional<stamps> list_documents();
  bool refresh(const std::string& environment, const config::file_stamp& stamp);
  bool take(const std::string& environment, const config::file_stamp& stamp, known_document& into) const;
  bool secrets_changed(const known_document& of) const;
  void resolve(known_document& of) const;

  std::filesystem::path directory_;
  const config::secrets_directory* secrets_;
  std::map<std::string, known_document> documents_;
  bool unreadable_ = false;   // the directory, at the last call
  bool overflowing_ = false;  // more files than are taken
  bool first_ = true;
};

}  // namespace sendcode::adapters
