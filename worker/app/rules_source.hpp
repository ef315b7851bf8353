#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/adapters/settings/settings_source.hpp"
#include "worker/app/watched_key_ring.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/domain/settings_warnings.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::app {

// What may change while the worker runs: settings with their secrets, and the key rings. One thread.
class rules_source {
 public:
  // The error is a text for the user, a line each: key files that cannot be used.
  static std::expected<rules_source, std::string> open(const config::worker_config& config);

  // What is in force now, if anything changed since the last call. Meant for once a second.
  std::optional<pipeline::rules> poll();
  const pipeline::rules& current() const noexcept { return rules_; }

 private:
  explicit rules_source(const config::worker_config& config);

  void watch_refs();
  void warn_of_settings();

  std::unique_ptr<config::secrets_directory> secrets_;  // the watchers point to it
  std::unique_ptr<adapters::settings_source> settings_;
  std::optional<watched_key_ring> codes_;  // there, once open() is done
  std::optional<watched_key_ring> refs_;   // none: no receipts are asked for
  bool refs_sealable_ = true;

  struct warned {
    std::shared_ptr<const domain::environment_settings> of;  // looked at last
    std::vector<domain::settings_warning> told;
  };
  std::map<std::string, warned, std::less<>> warned_;  // by environment
  pipeline::rules rules_;
};

// The key under which subjects are hashed, decoded; the error as above.
std::expected<secret_ptr, std::string> read_subjects_key(const config::worker_config& config);

}  // namespace sendcode::app
