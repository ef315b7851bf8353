#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "worker/config/worker_config.hpp"
#include "worker/domain/key_ring.hpp"

namespace sendcode::app {

// A key ring that is read again when its file changes, derived for one use. One thread.
class watched_key_ring {
 public:
  // The error is a text for the user, a line each. `secrets` must outlive it; `label` is a literal.
  static std::expected<watched_key_ring, std::string> open(const config::secrets_directory& secrets,
                                                           const config::named_secret& named, std::string_view label);

  // True: another ring is in force. One that cannot be used is told, and the last one stays.
  bool poll();
  const std::shared_ptr<const domain::key_ring>& ring() const noexcept { return ring_; }

 private:
  watched_key_ring(const config::secrets_directory& secrets, const std::string& name, std::string_view label)
      : file_(secrets, name), label_(label) {}

  config::watched_secret file_;
  std::string_view label_;
  std::shared_ptr<const domain::key_ring> ring_;
};

}  // namespace sendcode::app
