#pragma once

#include <optional>
#include <string>

#include "worker/adapters/redis/protocol.hpp"
#include "worker/adapters/redis/record.hpp"
#include "worker/ports/answer_store.hpp"
#include "worker/ports/challenge_desk.hpp"
#include "worker/ports/text_feedback.hpp"

// As replies.hpp, for what is beside the path of events and guesses.
namespace sendcode::redis {

struct state_reply {
  std::optional<ports::challenge_view> view;  // nothing: no such challenge
  domain::request_id last_request{};          // with a view: of the event that was granted last
  std::optional<event_record> last_event;     // its record, where that was asked for and is there
};
std::optional<state_reply> read_state(const redis_reply& reply);
// What the challenge's last event says of its text.
ports::last_text to_last_text(const state_reply& reply);
std::optional<bool> read_cancel(const redis_reply& reply);
std::optional<ports::unlocked> read_unlock(const redis_reply& reply);
// `token` is that of the guess, if it is to be made.
std::optional<ports::answer_reply> read_answer(const redis_reply& reply, const ports::token& token);

std::string pack_answer(const ports::given_answer& answer);

}  // namespace sendcode::redis
