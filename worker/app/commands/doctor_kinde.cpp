#include "worker/app/commands/doctor_kinde.hpp"

#include <chrono>

#include "worker/adapters/senders/kinde_sender.hpp"

namespace sendcode::app {
namespace {

using state = finding::state;

}  // namespace

awaitable<void> examine_kinde(ports::https_client& client, ports::clock& clock, const config::worker_config& config,
                              const teller& tell) {
  if (!config.kinde) co_return;
  const auto& kinde = *config.kinde;
  senders::kinde_sender sender(client, clock,
                               {kinde.base_url, kinde.token_url, kinde.audience, kinde.client_id,
                                kinde.client_secret.value, kinde.ca_file.string()});
  const auto token = co_await sender.try_token(clock.steady_now() + ask_most);
  if (token) {
    tell({.about = "kinde sender", .detail = "gives a token"});
    co_return;
  }
  const bool refused = token.error().outcome == domain::answer_class::account;
  tell({.is = refused ? state::wrong : state::unreachable,
        .about = "kinde sender",
        .detail =
            token.error().http_status == 0 ? "does not answer" : "HTTP " + std::to_string(token.error().http_status),
        .advice = refused ? "it refuses a token: check senders.kinde.client_id, client_secret and audience"
                          : "check senders.kinde.token_url, and that this machine may connect to it"});
}

}  // namespace sendcode::app
