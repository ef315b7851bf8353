#include "worker/app/webhook_thread.hpp"

#include <boost/asio/post.hpp>

#include "common/logging.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::milliseconds last_acknowledgements{300};
constexpr std::chrono::milliseconds last_answers{100};

http_server::server_options to_server_options(const config::webhooks_http_config& config) {
  http_server::server_options out;
  out.address = config.listen.host;
  out.port = config.listen.port;
  if (config.tls) {
    out.tls = http_server::tls_identity{config.tls->certificate.string(), config.tls->key.string(), {}};
  }
  return out;
}

}  // namespace

std::expected<std::unique_ptr<webhook_thread>, std::string> webhook_thread::make(const config::worker_config& config,
                                                                                 ports::event_stream& stream,
                                                                                 metrics::registry& metrics,
                                                                                 pipeline::rules initial) {
  std::unique_ptr<webhook_thread> out(
      new webhook_thread(*config.twilio.status_callback_url, stream, metrics, std::move(initial)));
  auto* self = out.get();
  const auto handle = [self](http_server::request& asked) { return self->api_.handle(asked); };
  auto server = http_server::server::open(self->context_, to_server_options(*config.webhooks_http), handle);
  if (!server) return std::unexpected("http.webhooks." + server.error());
  out->server_ = std::move(*server);
  return out;
}

webhook_thread::webhook_thread(const url& public_address, ports::event_stream& stream, metrics::registry& metrics,
                               pipeline::rules initial)
    : work_(boost::asio::make_work_guard(context_)),
      telemetry_(metrics.make_front()),
      receipts_(stream, clock_, random_, *telemetry_, public_address, std::move(initial)),
      api_(receipts_, public_address.path) {}

webhook_thread::~webhook_thread() {
  stop();
}

void webhook_thread::start() {
  boost::asio::post(context_, [this] { server_->start(); });
  thread_ = std::thread([this] { context_.run(); });
  log::info("receipts are taken", {{"port", static_cast<int>(server_->port())}});
}

void webhook_thread::update(pipeline::rules next) {
  boost::asio::post(context_, [this, next = std::move(next)]() mutable { receipts_.update(std::move(next)); });
}

void webhook_thread::stop() {
  if (!thread_.joinable()) return;
  spawn(context_.get_executor(), "end of the webhooks", end());
  thread_.join();
}

awaitable<void> webhook_thread::end() {
  server_->stop();
  co_await clock_.sleep_until(clock_.steady_now() + last_acknowledgements);
  receipts_.let_go();
  co_await clock_.sleep_until(clock_.steady_now() + last_answers);
  work_.reset();
  context_.stop();
}

}  // namespace sendcode::app
