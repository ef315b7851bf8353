#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/async/spawn.hpp"
#include "worker/domain/event.hpp"
#include "worker/domain/outcome.hpp"

// What the pipeline needs of the place where events, limits, codes and guesses are kept. Each call is one atomic step
// there; docs/redis.md tells the rules in full.
//
// Guarantees: a call that carries a token may be asked again with it after an outage, and counts once. Calls of one
// object come from one thread.
namespace sendcode::ports {

using token = byte_array<16>;
using nonce = byte_array<32>;

// Nothing is known of whether the call took effect: ask again, with the same token, later.
struct store_outage {
  std::string what;
};
template <typename T>
using stored = std::expected<T, store_outage>;

enum class device_class : char { known = 'k', stranger = 's' };

// A subject and how often it may occur: "never more than `max` in any `window`".
struct limit_check {
  domain::limit_kind per = domain::limit_kind::none;
  std::string subject;  // phone, user, address, application, country, prefix in clear; the store hashes. Empty for the
                        // environment
  bool wide_network = false;  // client_ip: the /48 list
  std::uint32_t max = 0;
  milliseconds window{0};
};

// Texts that the shared sender may take in a period.
struct allowance_check {
  std::uint32_t max = 0;
  bool monthly = false;  // else per UTC day
};

struct admit_request {
  ports::token token{};
  std::string environment_id;
  domain::request_id request_id{};
  byte_array<32> data_digest{};
  timestamp birth;  // the earlier of the event's time and the record's timestamp; the store takes its own now if that
                    // is earlier still
  milliseconds code_life{0};
  // A rejection decided before the store was asked; none: to be admitted.
  domain::outcome verdict;

  std::string challenge_id;
  std::string application_id;
  domain::purpose purpose = domain::purpose::sign_in;
  std::string phone;  // E.164
  std::string user_id;
  device_class device = device_class::stranger;
  std::string prefix;  // calling code and the next four digits, "+614915"; for fraud blocks
  ports::nonce fresh_nonce{};
  std::string signing_key_id;
  bool test_number = false;
  std::vector<limit_check> limits;  // in the order written
  std::optional<allowance_check> allowance;
};

// Flags of an event that outlive a crash (docs/redis.md, offset 59).
struct event_flags {
  bool failed_over = false;
  bool possible_duplicate = false;
  bool maybe_taken = false;  // an attempt may have been taken
  bool kinde_reserved = false;

  bool operator==(const event_flags&) const = default;
};

struct granted {
  bool first_lease = true;    // else a takeover: who held it before may have sent. Given back: still the first
  timestamp first_leased_at;  // no attempt was made before
  timestamp expires_at;       // of the code
  timestamp store_now;
  event_flags flags;
  ports::nonce nonce{};
  std::string key_id;
};
struct settled {
  domain::outcome outcome;
  timestamp expires_at;
  token by{};  // who held the event last: of what was sent, whoever settled it
};
struct leased_elsewhere {
  milliseconds left{0};
};
struct id_reused {};
struct poison {};
using admit_reply = std::variant<granted, settled, leased_elsewhere, id_reused, poison>;

struct renew_request {
  ports::token token{};
  std::string environment_id;
  domain::request_id request_id{};
  event_flags flags;
  milliseconds record_life{0};
  std::optional<allowance_check> reserve;  // a text of the shared sender, before its first attempt
  std::string if_accepted_by{};  // a sender's account: only if it accepted a text within 7 days. Empty: in any case
};
struct renewed {};
struct lost {};  // the event is another's now, or settled
struct allowance_used_up {
  std::uint32_t retry_after_s = 0;
};
struct not_trusted {};  // by `if_accepted_by`
using renew_reply = std::variant<renewed, lost, allowance_used_up, not_trusted>;

struct settle_request {
  ports::token token{};
  std::string environment_id;
  domain::request_id request_id{};
  domain::outcome outcome;
  event_flags flags;
  milliseconds record_life{0};
  std::string phone{};
  std::string prefix{};
  bool fraud_answer = false;
  std::optional<allowance_check> give_back{};  // the reserved text: nothing can have been taken
  std::string accepted_by{};                   // a sender's account that took the text, to be remembered. Empty: none
};
struct message_claimed {};  // another event's text
using settle_reply = std::variant<settled, message_claimed, lost>;

struct check_request {
  ports::token token{};
  std::string environment_id;
  std::string challenge_id;
  std::string application_id;
  domain::purpose purpose = domain::purpose::sign_in;
  std::string phone;  // E.164
  std::string user_id;
  milliseconds challenge_life{0};      // how long the record is kept from now on
  std::vector<std::string> keys_held;  // ids: what none of them made cannot be compared, and is not counted
};
struct guess_counted {
  ports::nonce nonce{};
  std::string key_id;
  std::uint32_t number = 0;  // this is guess `number` of guesses_max
  domain::request_id first_request_id{};
  bool test_number = false;
};
struct not_found {};
struct code_expired {};
struct locked_out {};
struct key_not_held {
  std::string key_id;
};
struct already_approved {  // by this very token: the answer was lost, or is asked for again
  guess_counted guess;     // without nonce and key
};
using check_reply = std::variant<guess_counted, not_found, code_expired, locked_out, key_not_held, already_approved>;

struct consume_request {
  check_request checked;  // a guess has one token
  ports::nonce nonce{};
  std::string prefix;
};
struct approved {};
using consume_reply = std::variant<approved, not_found>;

constexpr std::uint32_t guesses_max = 5;

class code_store {
 public:
  virtual ~code_store() = default;

  virtual awaitable<stored<admit_reply>> admit(const admit_request& request) = 0;
  virtual awaitable<stored<renew_reply>> renew(const renew_request& request) = 0;
  // True: given back. False: it was not ours any more.
  virtual awaitable<stored<bool>> release(const renew_request& request) = 0;
  virtual awaitable<stored<settle_reply>> settle(const settle_request& request) = 0;
  virtual awaitable<stored<check_reply>> check(const check_request& request) = 0;
  virtual awaitable<stored<consume_reply>> consume(const consume_request& request) = 0;
};

constexpr milliseconds lease_duration{15'000};

// How long an event's record is kept after its last change (design §5).
constexpr milliseconds record_life(milliseconds code_life, milliseconds dedupe_ttl) {
  const milliseconds least = code_life + milliseconds{15 * 60 * 1000};
  return least > dedupe_ttl ? least : dedupe_ttl;
}

}  // namespace sendcode::ports
