#include "worker/adapters/redis/record.hpp"

#include <algorithm>
#include <limits>

#include "worker/adapters/redis/little_endian.hpp"
#include "worker/adapters/redis/reply_parts.hpp"

namespace sendcode::redis {
namespace {

constexpr std::size_t header_bytes = 70;
constexpr std::size_t attempt_bytes = 9;
constexpr unsigned char version = 1;

timestamp time_at(std::string_view bytes, std::size_t at) {
  return from_unix_ms(static_cast<std::int64_t>(little_endian(bytes, at, 8)));
}

domain::attempt unpack_attempt(std::string_view bytes, std::size_t at) {
  const auto both = static_cast<unsigned char>(bytes[at]);
  domain::attempt out;
  out.sender = static_cast<domain::sender_kind>(both >> 4);
  out.outcome = static_cast<domain::answer_class>(both & 15U);
  out.http_status = static_cast<std::uint16_t>(little_endian(bytes, at + 1, 2));
  out.error_code = static_cast<std::uint32_t>(little_endian(bytes, at + 3, 4));
  out.latency = milliseconds{static_cast<std::int64_t>(little_endian(bytes, at + 7, 2))};
  return out;
}

bool unpack_tail(std::string_view tail, domain::outcome& outcome) {
  if (tail.empty()) return true;
  const auto id_size = static_cast<unsigned char>(tail[0]);
  if (tail.size() < 1U + id_size || (tail.size() - 1 - id_size) % attempt_bytes != 0) return false;
  outcome.message_id = tail.substr(1, id_size);
  for (std::size_t at = 1U + id_size; at < tail.size(); at += attempt_bytes) {
    outcome.attempts.push_back(unpack_attempt(tail, at));
  }
  return true;
}

}  // namespace

std::optional<event_record> unpack_record(std::string_view bytes) {
  if (bytes.size() < header_bytes || static_cast<unsigned char>(bytes[0]) != version) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  if (bytes.size() != header_bytes + byte(69)) return std::nullopt;

  event_record out;
  out.state = bytes[1];
  copy_bytes(bytes.substr(2), out.token);
  out.first_leased_at = time_at(bytes, 42);
  out.expires_at = time_at(bytes, 50);
  const unsigned flags = byte(59);
  out.flags.failed_over = (flags & flag::failed_over) != 0;
  out.flags.possible_duplicate = (flags & flag::possible_duplicate) != 0;
  out.flags.maybe_taken = (flags & flag::maybe_taken) != 0;
  out.flags.kinde_reserved = (flags & flag::kinde_reserved) != 0;
  out.outcome.failed_over = out.flags.failed_over;
  out.outcome.possible_duplicate = out.flags.possible_duplicate;
  out.outcome.status = static_cast<domain::status>(byte(60));
  out.outcome.reason = static_cast<domain::reason>(byte(61));
  out.outcome.limited_by = static_cast<domain::limit_kind>(byte(62));
  out.outcome.sender = static_cast<domain::sender_kind>(byte(63));
  out.outcome.retry_after_s = static_cast<std::uint32_t>(little_endian(bytes, 64, 4));
  out.outcome.segments = byte(68);
  if (!unpack_tail(bytes.substr(header_bytes), out.outcome)) return std::nullopt;
  return out;
}

unsigned pack_flags(const ports::event_flags& flags) noexcept {
  return (flags.failed_over ? flag::failed_over : 0U) | (flags.possible_duplicate ? flag::possible_duplicate : 0U) |
         (flags.maybe_taken ? flag::maybe_taken : 0U) | (flags.kinde_reserved ? flag::kinde_reserved : 0U);
}

std::string pack_tail(const domain::outcome& outcome) {
  const bool id_fits = outcome.message_id.size() <= message_id_bytes_max;
  const std::string_view id = id_fits ? std::string_view(outcome.message_id) : std::string_view{};
  const std::size_t attempts = std::min(outcome.attempts.size(), attempts_kept_max);
  std::string out;
  out.reserve(1 + id.size() + attempts * attempt_bytes);
  out += static_cast<char>(id.size());
  out += id;
  for (std::size_t i = 0; i < attempts; ++i) {
    const domain::attempt& each = outcome.attempts[i];
    const unsigned both = static_cast<unsigned>(each.sender) << 4 | (static_cast<unsigned>(each.outcome) & 15U);
    out += static_cast<char>(both);
    append_little_endian(out, each.http_status, 2);
    append_little_endian(out, each.error_code, 4);
    constexpr std::int64_t latency_max = std::numeric_limits<std::uint16_t>::max();
    append_little_endian(out,
                         static_cast<std::uint64_t>(std::clamp<std::int64_t>(each.latency.count(), 0, latency_max)), 2);
  }
  return out;
}

}  // namespace sendcode::redis
