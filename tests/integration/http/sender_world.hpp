#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

#include "common/url.hpp"
#include "tests/fakes/fake_https_client.hpp"
#include "tests/integration/http/run.hpp"
#include "worker/adapters/senders/kinde_sender.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"

// An environment, an order and a clock for the senders, over a fake of the HTTPS port.
namespace sendcode::tests {

inline const std::string account_sid = "AC" + std::string(32, 'a');
inline const std::string service_sid = "MG" + std::string(32, 'b');
inline const std::string message_sid = "SM" + std::string(32, 'c');
const timestamp noon = *from_rfc3339("2026-11-23T12:00:00.500Z");

// A clock that stands still until it is moved; a sleep moves it, and lets others run.
class moved_clock final : public ports::clock {
 public:
  timestamp now() const override { return noon + std::chrono::duration_cast<milliseconds>(since_start); }
  ports::steady_time steady_now() const override { return ports::steady_time{} + std::chrono::hours{1} + since_start; }
  awaitable<void> sleep_until(ports::steady_time when) override {
    if (when > steady_now()) since_start += when - steady_now();
    co_await boost::asio::post(boost::asio::use_awaitable);
  }

  std::chrono::nanoseconds since_start{0};
};

inline secret_ptr make_secret(std::string text) {
  return std::make_shared<const secret>(std::move(text));
}

struct sender_world {
  sender_world() {
    environment.environment_id = "env_live";
    auto& account = environment.sms.twilio.emplace();
    account.account_sid = account_sid;
    account.auth_tokens = {{"env_live/token", make_secret("t0ken")}, {"env_live/old", make_secret("old")}};
    account.messaging_service_sid = service_sid;
    account.phone_number = "+61400000000";
    order.environment = &environment;
    order.request_id.fill(0xAB);
    order.to = "+61491570006";
    order.body = "Your verification code is 123456";
    order.attempt_number = 2;
    order.now = clock.now();
    order.expires_at = order.now + seconds{600};
  }
  sender_world(const sender_world&) = delete;
  sender_world& operator=(const sender_world&) = delete;

  domain::twilio_settings& account() { return *environment.sms.twilio; }
  ports::steady_time deadline() const { return clock.steady_now() + seconds{10}; }

  senders::twilio_sender twilio(const char* base_url = "https://api.twilio.com") {
    return {client, clock, {*parse_url(base_url), "/ca.pem"}};
  }
  senders::kinde_sender kinde() {
    return {client,
            clock,
            {.base_url = *parse_url("https://texts.example.com:8443/base"),
             .token_url = *parse_url("https://sub.kinde.com/oauth2/token"),
             .audience = "https://texts.example.com/api",
             .client_id = "client 1",
             .client_secret = make_secret("s&cret"),
             .ca_file = ""}};
  }
  ports::sender_reply send(ports::text_sender& sender) { return run(context, sender.send(order, deadline())); }

  boost::asio::io_context context;
  fake_https_client client;
  moved_clock clock;
  domain::environment_settings environment;
  ports::text_order order;
};

}  // namespace sendcode::tests
