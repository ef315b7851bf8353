#include "worker/adapters/redis/replies.hpp"

#include "worker/adapters/redis/record.hpp"
#include "worker/adapters/redis/reply_parts.hpp"

namespace sendcode::redis {
namespace {

constexpr std::int64_t test_number_flag = 1;  // of a challenge

std::optional<ports::settled> read_settled(const redis_reply& reply) {
  auto record = unpack_record(reply.elements[1].text);
  if (!record || record->state != 'S') return std::nullopt;
  return ports::settled{std::move(record->outcome), record->expires_at, record->token};
}

std::optional<ports::admit_reply> read_granted(const redis_reply& reply) {
  const auto record = unpack_record(reply.elements[1].text);
  ports::granted out;
  if (!record || record->state != 'L' || !read_bytes(reply.elements[2], out.nonce)) return std::nullopt;
  out.first_lease = reply.elements[5].integer == 1;
  out.first_leased_at = record->first_leased_at;
  out.expires_at = record->expires_at;
  out.store_now = from_unix_ms(reply.elements[4].integer);
  out.flags = record->flags;
  out.key_id = reply.elements[3].text;
  return out;
}

}  // namespace

std::optional<ports::admit_reply> read_admit(const redis_reply& reply) {
  if (is(reply, "granted", 6)) return read_granted(reply);
  if (is(reply, "settled", 2)) return read_settled(reply);
  if (is(reply, "leased", 2)) return ports::leased_elsewhere{milliseconds{reply.elements[1].integer}};
  if (is(reply, "id_reused")) return ports::id_reused{};
  if (is(reply, "poison")) return ports::poison{};
  return std::nullopt;
}

std::optional<ports::renew_reply> read_renew(const redis_reply& reply) {
  if (is(reply, "renewed", 2)) return ports::renewed{};
  if (is(reply, "lost")) return ports::lost{};
  if (is(reply, "not_trusted")) return ports::not_trusted{};
  if (is(reply, "allowance_used_up", 2)) {
    return ports::allowance_used_up{static_cast<std::uint32_t>(reply.elements[1].integer)};
  }
  return std::nullopt;
}

std::optional<bool> read_release(const redis_reply& reply) {
  if (is(reply, "released")) return true;
  if (is(reply, "lost")) return false;
  return std::nullopt;
}

std::optional<ports::settle_reply> read_settle(const redis_reply& reply) {
  if (is(reply, "settled", 2)) return read_settled(reply);
  if (is(reply, "claimed")) return ports::message_claimed{};
  if (is(reply, "lost")) return ports::lost{};
  return std::nullopt;
}

std::optional<ports::check_reply> read_check(const redis_reply& reply) {
  if (is(reply, "not_found")) return ports::not_found{};
  if (is(reply, "expired")) return ports::code_expired{};
  if (is(reply, "locked_out")) return ports::locked_out{};
  if (is(reply, "key_not_held", 2)) return ports::key_not_held{reply.elements[1].text};
  ports::guess_counted out;
  if (is(reply, "approved", 4)) {
    if (!read_bytes(reply.elements[2], out.first_request_id)) return std::nullopt;
    out.number = static_cast<std::uint32_t>(reply.elements[1].integer);
    out.test_number = (reply.elements[3].integer & test_number_flag) != 0;
    return ports::already_approved{out};
  }
  if (!is(reply, "counted", 7)) return std::nullopt;
  if (!read_bytes(reply.elements[1], out.nonce) || !read_bytes(reply.elements[4], out.first_request_id)) {
    return std::nullopt;
  }
  out.key_id = reply.elements[2].text;
  out.number = static_cast<std::uint32_t>(reply.elements[3].integer);
  out.test_number = (reply.elements[5].integer & test_number_flag) != 0;
  return out;
}

std::optional<ports::consume_reply> read_consume(const redis_reply& reply) {
  if (is(reply, "approved")) return ports::approved{};
  if (is(reply, "not_found")) return ports::not_found{};
  return std::nullopt;
}

}  // namespace sendcode::redis
