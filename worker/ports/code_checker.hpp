#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>

#include "common/async/spawn.hpp"
#include "common/crypto.hpp"
#include "common/secret.hpp"
#include "worker/domain/event.hpp"

// What the HTTP interface needs of the pipeline: is the code that a person typed right?
namespace sendcode::ports {

// What tells a request that is made again from another one (the Idempotency-Key header).
struct idempotency {
  std::string token_id;  // of the API token: whose key it is
  std::string key;
  digest body{};  // SHA-256 of the request's body
};

struct guess {
  std::string challenge_id;  // checked by the caller: domain::is_challenge_id
  std::string environment_id;
  std::string application_id;
  domain::purpose purpose = domain::purpose::sign_in;
  std::string phone_number;            // international, or national for `country`
  std::string user_id;                 // empty: none
  secret code;                         // six digits, checked by the caller
  std::optional<idempotency> again{};  // none: a guess made twice counts twice
  std::string country{};               // ISO 3166-1; empty: the environment's default country
};

struct code_approved {
  std::string device_token;
  bool test = false;  // a test number's code
};
struct code_incorrect {
  std::uint32_t attempts_left = 0;
};
struct code_has_expired {};
struct code_locked_out {};
struct code_not_found {};
struct key_reused {};  // the Idempotency-Key came with another body before; nothing counted
using check_answer =
    std::variant<code_approved, code_incorrect, code_has_expired, code_locked_out, code_not_found, key_reused>;

// Nothing is known of whether the guess counted. The caller answers 503 with Retry-After.
struct check_outage {};

class code_checker {
 public:
  virtual ~code_checker() = default;
  // Guesses are counted before they are compared; of two right guesses at once one is approved. The same request under
  // the same idempotency counts once, and is answered as before.
  virtual awaitable<std::expected<check_answer, check_outage>> check(guess made) = 0;
};

}  // namespace sendcode::ports
