#pragma once

#include <array>
#include <string>

#include "common/url.hpp"
#include "worker/adapters/senders/account_answer.hpp"
#include "worker/adapters/senders/reachability.hpp"
#include "worker/adapters/senders/refusal_log.hpp"
#include "worker/ports/https_client.hpp"
#include "worker/ports/text_feedback.hpp"
#include "worker/ports/text_sender.hpp"

namespace sendcode::senders {

struct twilio_sender_config {
  url base_url;         // https://api.twilio.com: each region has its own host then; any other is used as it is
  std::string ca_file;  // empty: the system's
  std::string receipts_address{};  // where our webhooks are to be reached, without their path; empty: no receipts
};

// Twilio's Programmable Messaging, with the account, source and credentials of each order's environment. One thread.
class twilio_sender final : public ports::text_sender, public ports::feedback_taker {
 public:
  // Client and clock must outlive it. `on_up` hears whether Twilio can be reached; it may be empty.
  twilio_sender(ports::https_client& client, ports::clock& clock, const twilio_sender_config& config,
                std::function<void(bool up)> on_up = {});

  domain::sender_kind kind() const noexcept override { return domain::sender_kind::twilio; }
  awaitable<ports::sender_reply> send(const ports::text_order& order, ports::steady_time deadline) override;
  bool answers_repeats() const noexcept override { return false; }
  awaitable<std::expected<std::vector<ports::found_text>, ports::search_failure>> find(
      const ports::text_order& order, timestamp since, ports::steady_time deadline) override;

  awaitable<ports::feedback_reply> confirm(const domain::environment_settings& from, std::string_view message_id,
                                           ports::steady_time deadline) override;

  // For `sendcode doctor`. The account, asked for by its auth token (an API key may not), and whether the credentials
  // that send may use its messages: the HTTP status. Their secrets must be there. The error says why nobody answered.
  awaitable<std::expected<account_answer, std::string>> ask_account(const domain::twilio_settings& account,
                                                                    ports::steady_time deadline);
  awaitable<std::expected<unsigned, std::string>> try_credentials(const domain::twilio_settings& account,
                                                                  ports::steady_time deadline);

 private:
  ports::https_request make_request(const domain::twilio_settings& account, std::string_view method) const;

  ports::https_client& client_;
  ports::clock& clock_;
  std::array<ports::origin, 3> origins_;  // by region
  std::string path_;                      // before /2010-04-01
  std::string receipts_address_;
  refusal_log refusals_;
  reachability reachability_;
};

}  // namespace sendcode::senders
