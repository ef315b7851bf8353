#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/timestamp.hpp"
#include "worker/domain/outcome.hpp"
#include "worker/ports/code_store.hpp"

// The event record as the scripts keep it (docs/redis.md).
namespace sendcode::redis {

namespace flag {
constexpr unsigned failed_over = 1;
constexpr unsigned possible_duplicate = 2;
constexpr unsigned maybe_taken = 4;
constexpr unsigned kinde_reserved = 8;
constexpr unsigned known_device = 16;
constexpr unsigned test_number = 32;
}  // namespace flag

struct event_record {
  char state = 0;  // L, R or S
  ports::token token{};
  timestamp first_leased_at;
  timestamp expires_at;
  ports::event_flags flags;
  domain::outcome outcome;
};

std::optional<event_record> unpack_record(std::string_view bytes);

unsigned pack_flags(const ports::event_flags& flags) noexcept;

constexpr std::size_t attempts_kept_max = 12;
constexpr std::size_t message_id_bytes_max = 77;  // so that a record stays within 256 bytes

// The part that scripts don't look into: message id and attempts. More than fits is left out: the later attempts; a
// longer message id as a whole.
std::string pack_tail(const domain::outcome& outcome);

}  // namespace sendcode::redis
