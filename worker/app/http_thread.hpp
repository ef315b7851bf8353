#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "worker/adapters/http_client/beast_https_client.hpp"
#include "worker/adapters/http_server/internal_api.hpp"
#include "worker/adapters/metrics/registry.hpp"
#include "worker/adapters/redis/redis_code_store.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"
#include "worker/app/system_clock.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/pipeline/checker.hpp"
#include "worker/pipeline/desk.hpp"
#include "worker/pipeline/feedback.hpp"

namespace sendcode::app {

// The internal port's thread: checks of codes, challenges looked after, probes and metrics, with a Redis connection of
// its own, so that no flood of events delays them; and Twilio told of approved codes, for those who want it.
class http_thread {
 public:
  // Any thread.
  struct probes {
    std::function<bool()> alive;
    std::function<bool()> ready;
  };

  // Listens. The error is a sentence for the user.
  static std::expected<std::unique_ptr<http_thread>, std::string> make(const config::worker_config& config,
                                                                       const secret& subjects_key,
                                                                       ports::event_stream& stream,
                                                                       metrics::registry& metrics,
                                                                       pipeline::rules initial, probes ask);
  ~http_thread();

  void start();
  std::uint16_t port() const noexcept { return server_->port(); }
  void update(pipeline::rules next);  // any thread
  void stop();                        // joins; any thread but its own

 private:
  http_thread(const config::worker_config& config, const secret& subjects_key, ports::event_stream& stream,
              metrics::registry& metrics, pipeline::rules initial, const probes& ask);

  void reload_tokens_each_second();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer reload_timer_{context_};
  boost::asio::steady_timer end_timer_{context_};  // of stop()
  system_clock clock_{context_};
  system_random random_;
  std::unique_ptr<ports::telemetry> telemetry_;
  redis::redis_code_store store_;
  http_client::beast_https_client client_;
  senders::twilio_sender twilio_;
  pipeline::feedback feedback_;
  pipeline::checker checker_;
  pipeline::desk desk_;
  http_server::internal_api api_;
  config::secrets_directory secrets_;
  std::optional<config::watched_secret> tokens_;  // none: no calls under /v1
  std::unique_ptr<http_server::server> server_;
  std::thread thread_;
};

}  // namespace sendcode::app
