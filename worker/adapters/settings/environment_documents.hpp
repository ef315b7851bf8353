#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/files.hpp"
#include "worker/domain/settings.hpp"

namespace sendcode::adapters {

// Who says that a secret is missing: the log, or whoever looks at the snapshot.
enum class missing_secrets : std::uint8_t { logged, left_to_the_reader };

// The documents that a source has taken, each with its secrets: what is in force. One thread.
class environment_documents {
 public:
  // `secrets` must outlive this.
  explicit environment_documents(const config::secrets_directory& secrets,
                                 missing_secrets missing = missing_secrets::logged)
      : secrets_(&secrets), missing_(missing) {}

  void accept(const std::string& environment, domain::environment_settings valid);
  // Its newest document is not valid: the last good one stays. Returns what that is, as the log says it.
  std::string_view refuse(const std::string& environment);
  void remove(const std::string& environment);

  bool contains(const std::string& environment) const { return documents_.contains(environment); }
  std::size_t size() const noexcept { return documents_.size(); }
  std::vector<std::string> environments() const;

  // Reads the secrets of new documents, and those that changed. Null if nothing changed since the last call; not so at
  // the first. What is there but cannot be read is tried again at every call.
  domain::settings_ptr poll();

 private:
  struct secret_file {
    std::string name;
    std::optional<config::file_stamp> stamp;
  };
  struct document {
    std::optional<domain::environment_settings> valid;  // the last good one, its secrets not yet read
    bool fresh = false;                                 // since the last poll
    std::vector<secret_file> secrets;
    std::vector<std::string> missing;                              // secrets that the log was told of
    std::shared_ptr<const domain::environment_settings> in_force;  // `valid` with its secrets
  };

  bool secrets_changed(const document& of) const;
  void resolve(document& of) const;

  const config::secrets_directory* secrets_;
  missing_secrets missing_;
  std::map<std::string, document> documents_;
  bool changed_ = true;
};

}  // namespace sendcode::adapters
