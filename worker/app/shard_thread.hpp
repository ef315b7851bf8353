#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "worker/adapters/http_client/beast_https_client.hpp"
#include "worker/adapters/redis/redis_code_store.hpp"
#include "worker/adapters/senders/kinde_sender.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"
#include "worker/app/redis_access.hpp"
#include "worker/app/system_clock.hpp"
#include "worker/config/worker_config.hpp"
#include "worker/pipeline/shard.hpp"

namespace sendcode::app {

// A thread with everything of its own: event loop, Redis connection, HTTPS pool, senders, pipeline. Nothing is shared
// with the others but the log.
class shard_thread {
 public:
  shard_thread(const config::worker_config& config, const secret& subjects_key, std::uint32_t in_flight_max,
               ports::event_stream& stream, std::unique_ptr<ports::telemetry> telemetry, pipeline::rules initial);
  ~shard_thread();

  void start();
  pipeline::shard& events() noexcept { return *shard_; }
  // Seconds since the loop last turned; any thread.
  std::chrono::seconds silent_for() const;
  void stop();  // closes connections and joins; any thread but its own

 private:
  void tick();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer heartbeat_{context_};
  std::atomic<std::int64_t> last_turn_ns_{0};
  system_clock clock_{context_};
  system_random random_;
  std::unique_ptr<ports::telemetry> telemetry_;
  redis::redis_code_store store_;
  http_client::beast_https_client client_;
  senders::twilio_sender twilio_;
  std::optional<senders::kinde_sender> kinde_;
  std::optional<pipeline::shard> shard_;
  std::thread thread_;
};

// What a twilio_sender is made with.
senders::twilio_sender_config to_sender_config(const config::twilio_config& config);

}  // namespace sendcode::app
