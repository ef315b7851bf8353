#pragma once

#include <string>

#include "common/secret.hpp"
#include "common/url.hpp"
#include "worker/adapters/senders/reachability.hpp"
#include "worker/adapters/senders/refusal_log.hpp"
#include "worker/ports/https_client.hpp"
#include "worker/ports/text_sender.hpp"

namespace sendcode::senders {

struct kinde_sender_config {
  url base_url;
  url token_url;
  std::string audience;
  std::string client_id;
  secret_ptr client_secret;
  std::string ca_file;  // empty: the system's
};

// The Kinde sender by schemas/kinde-sender.openapi.yaml, shared by all environments. One thread.
//
// Its OAuth2 token is renewed early, by one order at a time: the others go on with the old one while that is good, and
// wait only where there is none.
class kinde_sender final : public ports::text_sender {
 public:
  // Why there is no token: as the attempt that needed it will tell.
  struct no_token {
    domain::answer_class outcome = domain::answer_class::interrupted;
    unsigned http_status = 0;
    std::string retry_after;
  };

  // Client and clock must outlive it. `on_up` hears whether it and its token's server can be reached; it may be empty.
  kinde_sender(ports::https_client& client, ports::clock& clock, kinde_sender_config config,
               std::function<void(bool up)> on_up = {});

  domain::sender_kind kind() const noexcept override { return domain::sender_kind::kinde; }
  awaitable<ports::sender_reply> send(const ports::text_order& order, ports::steady_time deadline) override;
  bool answers_repeats() const noexcept override { return true; }
  // Nothing to find: the same order is sent again.
  awaitable<std::expected<std::vector<ports::found_text>, ports::search_failure>> find(
      const ports::text_order& order, timestamp since, ports::steady_time deadline) override;
  // Fetches a token as a text would, where there is none. For `sendcode doctor`.
  awaitable<std::expected<void, no_token>> try_token(ports::steady_time deadline);

 private:
  using token_result = std::expected<secret_ptr, no_token>;

  awaitable<token_result> get_token(ports::steady_time deadline);
  awaitable<token_result> renew_token(ports::steady_time deadline);
  awaitable<std::expected<ports::https_response, ports::https_failure>> post_text(const ports::text_order& order,
                                                                                  secret_ptr token,
                                                                                  ports::steady_time deadline);

  ports::https_client& client_;
  ports::clock& clock_;
  kinde_sender_config config_;
  ports::origin text_origin_;
  ports::origin token_origin_;

  secret_ptr token_;  // null: none
  ports::steady_time renew_at_{};
  ports::steady_time token_ends_{};
  bool renewing_ = false;
  refusal_log refusals_;
  reachability reachability_;
};

}  // namespace sendcode::senders
