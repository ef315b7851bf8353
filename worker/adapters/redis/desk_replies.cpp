#include "worker/adapters/redis/desk_replies.hpp"

#include <array>
#include <utility>

#include "worker/adapters/redis/little_endian.hpp"
#include "worker/adapters/redis/record.hpp"
#include "worker/adapters/redis/reply_parts.hpp"
#include "worker/domain/twilio_receipt.hpp"

namespace sendcode::redis {
namespace {

using ports::challenge_state;
using ports::given_answer;

constexpr std::size_t state_elements = 8;
constexpr std::array<std::pair<std::string_view, challenge_state>, 5> states{
    {{"pending", challenge_state::pending},
     {"approved", challenge_state::approved},
     {"cancelled", challenge_state::cancelled},
     {"expired", challenge_state::expired},
     {"locked_out", challenge_state::locked_out}}};

// The challenge knows why a request was refused; what became of one that was admitted stands in that event's record.
void read_reason(const redis_reply& reply, const std::optional<event_record>& record, ports::challenge_view& into) {
  into.reason = static_cast<domain::reason>(reply.elements[4].integer);
  into.limited_by = static_cast<domain::limit_kind>(reply.elements[5].integer);
  if (into.reason != domain::reason::none || !record) return;
  // Poison is the word of a dead letter, not of a status.
  if (record->state == 'S' && record->outcome.reason != domain::reason::poison) into.reason = record->outcome.reason;
}

constexpr std::size_t approved_at_place = 3;
constexpr std::size_t device_id_place = 11;
constexpr std::size_t answer_bytes = 27;

std::optional<given_answer> unpack_answer(std::string_view bytes) {
  if (bytes.size() != answer_bytes) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  given_answer out;
  out.is = static_cast<given_answer::kind>(byte(0));
  if (out.is < given_answer::kind::approved || out.is > given_answer::kind::not_found) return std::nullopt;
  out.attempts_left = byte(1);
  out.test = byte(2) != 0;
  out.approved_at = from_unix_ms(static_cast<std::int64_t>(little_endian(bytes, approved_at_place, 8)));
  copy_bytes(bytes.substr(device_id_place), out.device_id);
  return out;
}

}  // namespace

std::optional<state_reply> read_state(const redis_reply& reply) {
  if (is(reply, "not_found")) return state_reply{};
  for (const auto& [word, state] : states) {
    if (!is(reply, word, state_elements)) continue;
    state_reply out;
    ports::challenge_view view;
    view.state = state;
    const auto guesses = static_cast<std::uint32_t>(reply.elements[1].integer);
    view.attempts_left = guesses < ports::guesses_max ? ports::guesses_max - guesses : 0;
    view.expires_at = from_unix_ms(reply.elements[2].integer);
    view.next_send_at = from_unix_ms(reply.elements[3].integer);
    const std::string& record = reply.elements[7].text;
    if (!record.empty()) {
      out.last_event = unpack_record(record);
      if (!out.last_event) return std::nullopt;
    }
    if (!read_bytes(reply.elements[6], out.last_request)) return std::nullopt;
    read_reason(reply, out.last_event, view);
    out.view = view;
    return out;
  }
  return std::nullopt;
}

ports::last_text to_last_text(const state_reply& reply) {
  ports::last_text out;
  if (!reply.last_event) return out;
  const auto& outcome = reply.last_event->outcome;
  if (reply.last_event->state != 'S') {
    out.is = ports::last_text::state::under_way;
  } else if (outcome.status == domain::status::sent && outcome.sender == domain::sender_kind::twilio &&
             domain::is_message_sid(outcome.message_id)) {
    out.is = ports::last_text::state::sent;
    out.message_id = outcome.message_id;
  }
  return out;
}

std::optional<bool> read_cancel(const redis_reply& reply) {
  if (is(reply, "cancelled")) return true;
  if (is(reply, "not_found")) return false;
  return std::nullopt;
}

std::optional<ports::unlocked> read_unlock(const redis_reply& reply) {
  if (is(reply, "unlocked")) return ports::unlocked{};
  return std::nullopt;
}

std::optional<ports::answer_reply> read_answer(const redis_reply& reply, const ports::token& token) {
  if (is(reply, "unanswered")) return ports::unanswered{token};
  if (is(reply, "other_body")) return ports::other_body{};
  if (!is(reply, "answered", 2)) return std::nullopt;
  return unpack_answer(reply.elements[1].text);
}

std::string pack_answer(const ports::given_answer& answer) {
  std::string out;
  out += static_cast<char>(answer.is);
  out += static_cast<char>(answer.attempts_left);
  out += answer.test ? '\1' : '\0';
  append_little_endian(out, static_cast<std::uint64_t>(to_unix_ms(answer.approved_at)), 8);
  out += as_text(answer.device_id);
  return out;
}

}  // namespace sendcode::redis
