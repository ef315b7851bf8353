#pragma once

#include <expected>
#include <string>

#include "common/async/spawn.hpp"
#include "common/url.hpp"
#include "worker/domain/settings.hpp"
#include "worker/ports/https_client.hpp"

namespace sendcode::senders {

// What Twilio says of a number or a messaging service that texts are to come from.
struct source_answer {
  unsigned http_status = 0;
  bool found = false;  // the account has it
  bool texts = false;  // it may send texts
};

// Asks, for `sendcode doctor`, whether an account's source exists, by its auth token. Read-only. One thread.
//
// Messaging services are another product of Twilio's, on a host of its own: messaging.twilio.com where `base_url` is
// https://api.twilio.com, with the region as in that one's name; beside any other base_url.
class twilio_sources {
 public:
  // The client must outlive it.
  twilio_sources(ports::https_client& client, url base_url, std::string ca_file);

  // The account's secrets must be there. The error says why nobody answered.
  awaitable<std::expected<source_answer, std::string>> ask(domain::twilio_settings account,
                                                           ports::steady_time deadline);

  // Whether each region has a host of its own here.
  bool knows_regions() const;
  // Of the messaging services, or of the numbers.
  std::string host_of(domain::sms_source source, domain::twilio_region region) const;

 private:
  ports::https_client& client_;
  url base_url_;
  std::string ca_file_;
};

// For people: us1, ie1, au1.
std::string_view to_text(domain::twilio_region region) noexcept;

}  // namespace sendcode::senders
