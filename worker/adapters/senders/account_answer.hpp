#pragma once

#include <string>

namespace sendcode::senders {

// What Twilio says of an account.
struct account_answer {
  unsigned http_status = 0;
  std::string status;  // active, suspended, closed; empty: it said none
};

}  // namespace sendcode::senders
