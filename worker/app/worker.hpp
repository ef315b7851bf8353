#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "worker/adapters/kafka/stream.hpp"
#include "worker/adapters/metrics/registry.hpp"
#include "worker/app/http_thread.hpp"
#include "worker/app/rules_source.hpp"
#include "worker/app/shard_thread.hpp"
#include "worker/app/webhook_thread.hpp"
#include "worker/config/worker_config.hpp"

namespace sendcode::app {

// `sendcode run`: makes the threads, wires them, and ends them in order. The thread that calls run() is the control
// thread: signals, settings, the drain's clock. Downstream starts first, upstream stops first.
class worker {
 public:
  // The error is a text for the user. `config` must outlive the worker.
  static std::expected<std::unique_ptr<worker>, std::string> make(const config::worker_config& config);
  ~worker();

  // Until SIGTERM or SIGINT and the drain, or a fatal error of Kafka. True: ended well.
  bool run();

 private:
  worker(const config::worker_config& config, rules_source rules, secret_ptr subjects_key);

  void start();
  bool is_alive() const;  // any thread
  void reload_each_second();
  void apply(const pipeline::rules& rules);
  void watch_signals();
  void begin_drain(std::string_view why);
  void finish_stream();

  const config::worker_config& config_;
  secret_ptr subjects_key_;
  boost::asio::io_context control_{1};
  boost::asio::signal_set signals_{control_};
  boost::asio::steady_timer reload_timer_{control_};
  boost::asio::steady_timer drain_timer_{control_};
  rules_source rules_;
  metrics::registry metrics_;
  std::unique_ptr<ports::telemetry> telemetry_;  // of the control thread
  std::unique_ptr<ports::telemetry> kafka_telemetry_;
  std::unique_ptr<kafka::kafka_stream> stream_;
  std::vector<std::unique_ptr<shard_thread>> shards_;
  std::unique_ptr<http_thread> http_;
  std::unique_ptr<webhook_thread> webhooks_;  // null: not configured
  std::atomic<bool> ready_ = false;           // settings were read once, and no drain has begun
  std::size_t shards_busy_ = 0;
  bool streaming_ = false;  // the stream was started
  bool draining_ = false;
  bool finishing_ = false;
  bool ended_well_ = true;
};

}  // namespace sendcode::app
