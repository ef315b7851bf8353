#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "common/async/spawn.hpp"
#include "worker/domain/event.hpp"
#include "worker/domain/outcome.hpp"
#include "worker/ports/code_store.hpp"

// Looking after challenges and phones, beside sending and checking: how a challenge stands, cancelling it, ending a
// phone's lock-out (design §7).
namespace sendcode::ports {

// A challenge, and whose it is: to any other application or purpose it is not there. Phone and user are not asked for.
struct challenge_reference {
  std::string environment_id;
  std::string challenge_id;
  std::string application_id;
  domain::purpose purpose = domain::purpose::sign_in;
};

// `locked_out` before `expired`: a new code helps the one, and nothing the other.
enum class challenge_state : std::uint8_t { pending, approved, cancelled, expired, locked_out };

struct challenge_view {
  challenge_state state = challenge_state::pending;
  std::uint32_t attempts_left = 0;
  timestamp expires_at;    // of the code
  timestamp next_send_at;  // a resend before is surely refused; one after it may be, by limits of several texts
  // Why its last request was not sent; none: it was, or it is under way.
  domain::reason reason = domain::reason::none;
  domain::limit_kind limited_by = domain::limit_kind::none;  // with rate_limited
};

struct unlocked {};

// What the pipeline needs of the store for this. Threads as code_store; docs/redis.md tells the rules.
class challenge_store {
 public:
  virtual ~challenge_store() = default;

  // Nothing: no such challenge.
  virtual awaitable<stored<std::optional<challenge_view>>> look(const challenge_reference& of) = 0;
  // Pending becomes cancelled, and stays so for `life`. False: no such challenge.
  virtual awaitable<stored<bool>> cancel(const challenge_reference& of, milliseconds life) = 0;
  // Forgets the failures of both classes; live challenges keep their own count. `phone` is E.164.
  virtual awaitable<stored<unlocked>> unlock(const std::string& environment_id, const std::string& phone) = 0;
};

// Whose lock-out is to end.
struct unlock_request {
  std::string environment_id;
  std::string phone_number;  // international, or national for `country`
  std::string country{};     // ISO 3166-1; empty: the environment's default country
};

// Nothing can be said, or is known of what was done. The caller answers 503 with Retry-After.
struct desk_outage {};

enum class unlock_answer : std::uint8_t { unlocked, unknown_environment, not_a_number };

// What the HTTP interface needs of the pipeline for this.
class challenge_desk {
 public:
  virtual ~challenge_desk() = default;

  virtual awaitable<std::expected<std::optional<challenge_view>, desk_outage>> look(challenge_reference of) = 0;
  // As in challenge_store. An approved challenge stays approved: true.
  virtual awaitable<std::expected<bool, desk_outage>> cancel(challenge_reference of) = 0;
  virtual awaitable<std::expected<unlock_answer, desk_outage>> unlock(unlock_request of) = 0;
};

}  // namespace sendcode::ports
