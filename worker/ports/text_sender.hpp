#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/async/spawn.hpp"
#include "worker/domain/event.hpp"
#include "worker/domain/outcome.hpp"
#include "worker/domain/settings.hpp"
#include "worker/ports/time.hpp"

// What the pipeline needs of those who send texts. One thread a sender object.
namespace sendcode::ports {

struct text_order {
  const domain::environment_settings* environment = nullptr;  // whose account sends
  domain::request_id request_id{};
  std::string_view to;               // E.164
  std::string_view body;             // holds the code: never kept, never logged
  std::uint32_t attempt_number = 1;  // this one included, whoever the sender
  timestamp now;
  timestamp expires_at;  // of the code: the sender is asked not to deliver later
  std::string_view traceparent;
  std::string_view receipt_ref{};  // sealed; empty: no receipts are asked for
};

struct sender_reply {
  domain::attempt attempt;  // class, status, code, latency
  std::string message_id;   // of an accepted text, where the answer had one
  std::uint8_t segments = 0;
  std::optional<milliseconds> retry_after;
};

// What a sender that was asked for a lost text's fate says.
struct found_text {
  std::string message_id;
  std::uint8_t segments = 0;
};
enum class search_failure : std::uint8_t { unreachable };

class text_sender {
 public:
  virtual ~text_sender() = default;
  virtual domain::sender_kind kind() const noexcept = 0;

  // One attempt, done by `deadline`. `order` and what it views must live until it returns.
  virtual awaitable<sender_reply> send(const text_order& order, steady_time deadline) = 0;

  // The texts that this order's environment sent to its number from its source at or after `since` (floored to the
  // second), newest first. A sender that takes an idempotency key needs no search: `answers_repeats` is true, and the
  // same order is simply sent again.
  virtual bool answers_repeats() const noexcept = 0;
  virtual awaitable<std::expected<std::vector<found_text>, search_failure>> find(const text_order& order,
                                                                                 timestamp since,
                                                                                 steady_time deadline) = 0;
};

}  // namespace sendcode::ports
