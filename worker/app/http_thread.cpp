#include "worker/app/http_thread.hpp"

#include <boost/asio/post.hpp>

#include "common/logging.hpp"
#include "worker/app/redis_password.hpp"
#include "worker/app/shard_thread.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds reload_interval{1};
constexpr std::chrono::milliseconds last_answers{300};

http_server::server_options to_server_options(const config::internal_http_config& config) {
  http_server::server_options out;
  out.address = config.listen.host;
  out.port = config.listen.port;
  if (config.tls) {
    out.tls = http_server::tls_identity{config.tls->certificate.string(), config.tls->key.string(),
                                        config.tls->client_ca.string()};
  }
  return out;
}

}  // namespace

std::expected<std::unique_ptr<http_thread>, std::string> http_thread::make(const config::worker_config& config,
                                                                           const secret& subjects_key,
                                                                           ports::event_stream& stream,
                                                                           metrics::registry& metrics,
                                                                           pipeline::rules initial, probes ask) {
  std::unique_ptr<http_thread> out(new http_thread(config, subjects_key, stream, metrics, std::move(initial), ask));
  auto* self = out.get();
  const auto handle = [self](http_server::request& asked) { return self->api_.handle(asked); };
  auto server = http_server::server::open(self->context_, to_server_options(config.internal_http), handle);
  if (!server) return std::unexpected("http.internal.listen: " + server.error());
  out->server_ = std::move(*server);
  return out;
}

http_thread::http_thread(const config::worker_config& config, const secret& subjects_key, ports::event_stream& stream,
                         metrics::registry& metrics, pipeline::rules initial, const probes& ask)
    : work_(boost::asio::make_work_guard(context_)),
      telemetry_(metrics.make_front()),
      store_(context_.get_executor(), with_rotating_password(to_redis_options(config.redis), config), subjects_key,
             clock_),
      client_(context_),
      twilio_(client_, clock_, to_sender_config(config.twilio)),
      feedback_(context_.get_executor(), store_, twilio_, clock_, *telemetry_),
      checker_(store_, store_, stream, clock_, random_, *telemetry_, config.redis.dedupe_ttl, initial),
      desk_(store_, config.redis.dedupe_ttl, std::move(initial)),
      api_({.alive = ask.alive,
            .ready = ask.ready,
            .metrics = [&metrics] { return metrics.render(); },
            .checker = &checker_,
            .desk = &desk_,
            .clock = &clock_}),
      secrets_(config.secrets_directory) {
  checker_.tell_approvals_to(feedback_);
  if (config.internal_http.tokens) tokens_.emplace(secrets_, config.internal_http.tokens->name);
}

http_thread::~http_thread() {
  stop();
}

void http_thread::start() {
  boost::asio::post(context_, [this] {
    store_.start();
    reload_tokens_each_second();
    server_->start();
  });
  thread_ = std::thread([this] { context_.run(); });
}

void http_thread::update(pipeline::rules next) {
  boost::asio::post(context_, [this, next = std::move(next)]() mutable {
    checker_.update(next);
    desk_.update(std::move(next));
  });
}

void http_thread::stop() {
  if (!thread_.joinable()) return;
  boost::asio::post(context_, [this] {
    server_->stop();
    // Whoever has a guess under way gets the answer.
    end_timer_.expires_after(last_answers);
    end_timer_.async_wait([this](boost::system::error_code) {
      store_.stop();
      client_.close();
      work_.reset();
      context_.stop();
    });
  });
  thread_.join();
}

void http_thread::reload_tokens_each_second() {
  if (!tokens_) return;
  if (const auto file = tokens_->poll()) {
    if (!*file) {
      log::error("the API tokens cannot be read: the last ones stay in force",
                 {{"secret", tokens_->name()}, {"why", to_text(file->error())}});
    } else if (auto parsed = http_server::api_tokens::parse((**file)->expose(), tokens_->name())) {
      log::info("API tokens are in force", {{"tokens", parsed->size()}});
      api_.use_tokens(std::move(*parsed));
    } else {
      for (const auto& problem : parsed.error()) {
        log::error("the API tokens are not valid: the last ones stay in force",
                   {{"problem", config::to_text(problem)}});
      }
    }
  }
  reload_timer_.expires_after(reload_interval);
  reload_timer_.async_wait([this](boost::system::error_code failure) {
    if (!failure) reload_tokens_each_second();
  });
}

}  // namespace sendcode::app
