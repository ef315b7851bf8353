#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "worker/ports/code_checker.hpp"
#include "worker/ports/code_store.hpp"

namespace sendcode::ports {

constexpr milliseconds answers_kept{60'000};

// A guess's answer as it is kept: a device token is made anew from its parts, so that none stands in the store.
struct given_answer {
  // The numbers stand in Redis: they are never given a new meaning.
  enum class kind : std::uint8_t { approved = 1, incorrect = 2, expired = 3, locked_out = 4, not_found = 5 };

  kind is = kind::not_found;
  std::uint32_t attempts_left = 0;  // with incorrect
  bool test = false;                // with approved, and what follows
  byte_array<16> device_id{};
  timestamp approved_at;

  bool operator==(const given_answer&) const = default;
};

struct answer_request {
  std::string environment_id;
  std::string challenge_id;
  idempotency under;
};
// The guess has this token: the same for the same request, another one for another body.
struct unanswered {
  ports::token token{};
};
struct other_body {};
using answer_reply = std::variant<unanswered, given_answer, other_body>;

// Where answers to guesses that bear an Idempotency-Key are kept, for answers_kept. Threads as code_store.
class answer_store {
 public:
  virtual ~answer_store() = default;

  // Binds the key to the body, if it is new.
  virtual awaitable<stored<answer_reply>> recall(const answer_request& request) = 0;
  // The first answer that is kept wins, and comes back where it is another; `unanswered`: it was this one.
  virtual awaitable<stored<answer_reply>> keep(const answer_request& request, const given_answer& answer) = 0;
};

}  // namespace sendcode::ports
