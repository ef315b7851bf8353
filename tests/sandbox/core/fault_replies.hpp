#pragma once

#include "tests/sandbox/core/exchange.hpp"
#include "tests/sandbox/core/faults.hpp"
#include "tests/sandbox/core/mailbox.hpp"

namespace sendcode::sandbox {

constexpr milliseconds hang_default{30'000};

// Turns the answer that a request would have had into what the fault makes of it. An `out` that took no text although
// the fault does (a wrong password, say) stays as it is: a fault hides successes, not refusals.
void apply_fault(const fault& hit, reply& out, mailbox& texts);

}  // namespace sendcode::sandbox
