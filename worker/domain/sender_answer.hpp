#pragma once

#include <cstdint>

#include "worker/domain/outcome.hpp"

// What a sender's answer means (design §6). One pure function for both senders.
namespace sendcode::domain {

// How an exchange with a sender ended, as far as the class of its answer depends on it.
struct exchange_result {
  // Nothing was sent whole: DNS, connect, TLS or writing failed.
  bool sent = true;
  unsigned http_status = 0;      // 0: no status line came
  std::uint32_t error_code = 0;  // from the body; 0: none, or not readable
  bool well_formed = true;       // false: the answer's body ended early or could not be parsed
};

answer_class classify(sender_kind sender, const exchange_result& result) noexcept;

// For an event that ends with this answer.
reason reason_for(answer_class answer, std::uint32_t error_code) noexcept;

// For a text whose receipt bears this code; none: the code does not say.
reason reason_for_receipt(std::uint32_t error_code) noexcept;

}  // namespace sendcode::domain
