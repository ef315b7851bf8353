#pragma once

#include <string>
#include <string_view>

#include "tests/sandbox/core/accounts.hpp"
#include "tests/sandbox/core/exchange.hpp"
#include "tests/sandbox/core/faults.hpp"
#include "tests/sandbox/core/ids.hpp"
#include "tests/sandbox/core/mailbox.hpp"
#include "tests/sandbox/core/text_forms.hpp"

namespace sendcode::sandbox {

// Twilio's Messages API, as far as sendcode uses it (facts about it: tests/sandbox/README.md).
class twilio {
 public:
  static constexpr std::size_t body_characters_max = 1600;
  static constexpr int page_size_default = 50;
  static constexpr int page_size_max = 1000;

  twilio(account_book& accounts, mailbox& texts, fault_book& faults, id_source& ids)
      : accounts_(accounts), texts_(texts), faults_(faults), ids_(ids) {}

  reply send(const request& in, std::string_view account_sid);                          // POST .../Messages.json
  reply list(const request& in, std::string_view account_sid, std::string_view query);  // GET .../Messages.json
  // POST .../Messages/{SM}/Feedback.json
  reply take_feedback(const request& in, std::string_view account_sid, std::string_view message_sid);
  reply show_account(const request& in, std::string_view account_sid);  // GET .../Accounts/{AC}.json

 private:
  reply take(const request& in, std::string_view account_sid, const form& parameters);
  reply page_of(std::string_view account_sid, const form& filter) const;

  account_book& accounts_;
  mailbox& texts_;
  fault_book& faults_;
  id_source& ids_;
};

// One message as Twilio shows it.
void append_message(std::string& out, const text& one);

}  // namespace sendcode::sandbox
