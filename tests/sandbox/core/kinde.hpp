#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/crypto.hpp"
#include "tests/sandbox/core/accounts.hpp"
#include "tests/sandbox/core/exchange.hpp"
#include "tests/sandbox/core/faults.hpp"
#include "tests/sandbox/core/ids.hpp"
#include "tests/sandbox/core/mailbox.hpp"

namespace sendcode::sandbox {

// The Kinde sender of our own contract (schemas/kinde-sender.openapi.yaml), and the token endpoint before it.
class kinde {
 public:
  static constexpr std::size_t tokens_max = 1024;              // the oldest goes
  static constexpr std::size_t keys_max = mailbox::texts_max;  // idempotency keys remembered; the oldest goes
  static constexpr std::size_t body_characters_max = 160;
  static constexpr seconds token_life{3600};

  // No client: any non-empty client_id and client_secret.
  kinde(std::vector<oauth_client> clients, mailbox& texts, fault_book& faults, id_source& ids)
      : clients_(std::move(clients)), texts_(texts), faults_(faults), ids_(ids) {}

  reply issue_token(const request& in);  // POST /oauth2/token
  reply send(const request& in);         // POST /v1/messages
  std::size_t revoke_tokens();           // how many there were
  void forget();                         // idempotency keys and the count of replays; tokens stay

  std::uint64_t replayed() const noexcept { return replayed_; }

 private:
  struct taken {
    digest body;
    std::string message_id;
  };
  struct message {
    std::string to, body, environment_id;
  };

  reply grant(const request& in);
  reply take(const request& in, const message* asked);
  bool bears_token(std::string_view authorization, timestamp now) const;
  static bool read_message(std::string_view body, message& out);

  std::vector<oauth_client> clients_;
  mailbox& texts_;
  fault_book& faults_;
  id_source& ids_;
  std::unordered_map<std::string, timestamp> token_ends_;
  std::deque<std::string> tokens_;  // oldest first
  std::unordered_map<std::string, taken> taken_;
  std::deque<std::string> keys_;  // oldest first
  std::uint64_t replayed_ = 0;
};

}  // namespace sendcode::sandbox
