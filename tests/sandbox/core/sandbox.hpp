#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/sandbox/core/accounts.hpp"
#include "tests/sandbox/core/exchange.hpp"
#include "tests/sandbox/core/faults.hpp"
#include "tests/sandbox/core/ids.hpp"
#include "tests/sandbox/core/kinde.hpp"
#include "tests/sandbox/core/mailbox.hpp"
#include "tests/sandbox/core/twilio.hpp"

namespace sendcode::sandbox {

struct setup {
  std::vector<account> accounts;
  std::vector<api_key> api_keys;
  std::vector<oauth_client> clients;
  milliseconds latency{0};  // of every sender's answer
  std::uint64_t seed = 1;   // of the identifiers
};

// The whole stand-in but for its sockets: a request in, a reply out. One thread.
class sandbox {
 public:
  explicit sandbox(setup with);
  sandbox(const sandbox&) = delete;

  // Before anything is read of a connection, and before a body is read: true, if a fault ends it here.
  bool refuses_connection(bool kinde_port) { return faults_.strikes_connection(kinde_port); }
  bool resets_at_header(std::string_view method, std::string_view request_target);

  reply answer(const request& in);

  // The answer about this text could not be written.
  void answer_lost(std::uint64_t text_number) { texts_.mark_unanswered(text_number); }

 private:
  reply answer_sender(const request& in, const route& way);
  reply answer_control(const request& in, const route& way);
  reply show_messages(const route& way) const;
  reply show_counts() const;
  reply show_recipients() const;
  reply show_faults() const;
  reply add_fault(std::string_view body);
  reply remove_fault(std::string_view id);
  reply reset();
  reply revoke_credential(std::string_view body);
  reply send_receipt(std::string_view body);

  milliseconds latency_;
  id_source ids_;
  account_book accounts_;
  mailbox texts_;
  fault_book faults_;
  twilio twilio_;
  kinde kinde_;
  std::array<std::uint64_t, fault_targets> requests_{};
};

}  // namespace sendcode::sandbox
