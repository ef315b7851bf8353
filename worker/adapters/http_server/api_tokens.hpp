#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/problem.hpp"
#include "common/crypto.hpp"
#include "common/timestamp.hpp"

namespace sendcode::http_server {

enum class scope : std::uint8_t { check = 1, status = 2, cancel = 4, unlock = 8 };

struct api_token {
  std::string id;                         // [A-Za-z0-9]{1,32}
  digest sha256{};                        // of the whole token
  std::vector<std::string> environments;  // "*": all
  std::vector<std::string> applications;
  std::uint8_t scopes = 0;
  std::optional<timestamp> not_after;

  bool may(scope what) const noexcept { return (scopes & static_cast<std::uint8_t>(what)) != 0; }
  bool may_touch(std::string_view environment) const noexcept;
  bool may_touch(std::string_view environment, std::string_view application) const noexcept;
};

// The `api_tokens` secret: a list of {id, sha256, environments, applications, scopes, not_after} (design §12), YAML or
// JSON. A token is sct_<id>_<43 characters of base64url>; only its hash is kept.
class api_tokens {
 public:
  api_tokens() = default;
  static std::expected<api_tokens, std::vector<config::problem>> parse(std::string_view text, std::string_view file);

  // The entry of a token that is right and not expired. Takes the same time wherever a wrong one differs.
  const api_token* find(std::string_view token, timestamp now) const;
  bool knows(std::string_view id) const noexcept;  // an entry has this id
  std::size_t size() const noexcept { return entries_.size(); }
  const std::vector<api_token>& entries() const noexcept { return entries_; }

 private:
  std::vector<api_token> entries_;
};

}  // namespace sendcode::http_server
