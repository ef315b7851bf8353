#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <expected>
#include <memory>
#include <string>
#include <thread>

#include "worker/adapters/http_server/webhook_api.hpp"
#include "worker/adapters/metrics/registry.hpp"
#include "worker/app/system_clock.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/pipeline/receipts.hpp"

namespace sendcode::app {

// The webhook port's thread: Twilio's receipts. It faces the internet, so nothing of it is shared with the internal
// port: no flood of requests here delays a check or a probe there.
class webhook_thread {
 public:
  // Listens. The error is a sentence for the user. `config.webhooks_http` must be there.
  static std::expected<std::unique_ptr<webhook_thread>, std::string> make(const config::worker_config& config,
                                                                          ports::event_stream& stream,
                                                                          metrics::registry& metrics,
                                                                          pipeline::rules initial);
  ~webhook_thread();

  void start();
  void update(pipeline::rules next);  // any thread
  void stop();                        // joins; any thread but its own

 private:
  webhook_thread(const url& public_address, ports::event_stream& stream, metrics::registry& metrics,
                 pipeline::rules initial);

  awaitable<void> end();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  system_clock clock_{context_};
  system_random random_;
  std::unique_ptr<ports::telemetry> telemetry_;
  pipeline::receipts receipts_;
  http_server::webhook_api api_;
  std::unique_ptr<http_server::server> server_;
  std::thread thread_;
};

}  // namespace sendcode::app
