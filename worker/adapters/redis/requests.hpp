#pragma once

#include <optional>
#include <string>
#include <vector>

#include "worker/adapters/redis/keys.hpp"
#include "worker/adapters/redis/protocol.hpp"
#include "worker/ports/answer_store.hpp"
#include "worker/ports/challenge_desk.hpp"
#include "worker/ports/code_store.hpp"
#include "worker/ports/usage_store.hpp"

// From requests of the port to keys and arguments of the scripts. `command` already holds EVALSHA and the hash; number
// of keys, keys and arguments are added. A key that a call does not need is the call's first key again, for all must be
// in one slot.
namespace sendcode::redis {

class request_writer {
 public:
  request_writer(const secret& subjects_key, milliseconds dedupe_ttl)
      : hashes_(subjects_key), dedupe_ttl_(dedupe_ttl) {}

  void admit(redis_command& command, const ports::admit_request& request, timestamp now);
  void renew(redis_command& command, const ports::renew_request& request, timestamp now);
  void release(redis_command& command, const ports::renew_request& request);
  void settle(redis_command& command, const ports::settle_request& request, timestamp now);
  void check(redis_command& command, const ports::check_request& request);
  void consume(redis_command& command, const ports::consume_request& request);

  // `last`: the event whose record is wanted too, if it is the challenge's last.
  void state(redis_command& command, const ports::challenge_reference& of,
             const std::optional<domain::request_id>& last);
  void cancel(redis_command& command, const ports::challenge_reference& of, milliseconds life);
  void unlock(redis_command& command, const std::string& environment_id, const std::string& phone);

  void usage(redis_command& command, const ports::usage_request& request, timestamp now);

  // `answer` as pack_answer makes it; empty: none yet.
  void answer(redis_command& command, const ports::answer_request& request, std::string_view answer);
  // The same for the same request; nobody who reads Redis can try out bodies.
  ports::token guess_token(const ports::answer_request& request);

 private:
  short_hash owner(std::string_view application_id, domain::purpose purpose);
  void limit_key(redis_command& command, const ports::admit_request& request, const ports::limit_check& limit,
                 const short_hash& phone);
  void usage_key(redis_command& command, const std::string& environment, const ports::usage_question& question);
  std::size_t limit_keys(redis_command& command, const ports::admit_request& request, const short_hash& phone);

  subject_hasher hashes_;
  milliseconds dedupe_ttl_;
  std::vector<std::size_t> limit_key_;  // by limit: its index in KEYS, from 1
};

// The argument of docs/redis.md: the two periods of which Redis' time decides.
void add_allowance(redis_command& command, const ports::allowance_check& allowance, timestamp now);

using ports::prefix_share_window;

}  // namespace sendcode::redis
