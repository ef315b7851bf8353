#include "worker/app/shard_thread.hpp"

#include <boost/asio/post.hpp>

#include "worker/app/redis_password.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds heartbeat_interval{1};

std::optional<senders::kinde_sender> make_kinde(const config::worker_config& config, ports::https_client& client,
                                                ports::clock& clock, std::function<void(bool)> on_up) {
  if (!config.kinde) return std::nullopt;
  const auto& kinde = *config.kinde;
  return std::optional<senders::kinde_sender>(
      std::in_place, client, clock,
      senders::kinde_sender_config{kinde.base_url, kinde.token_url, kinde.audience, kinde.client_id,
                                   kinde.client_secret.value, kinde.ca_file.string()},
      std::move(on_up));
}

}  // namespace

senders::twilio_sender_config to_sender_config(const config::twilio_config& config) {
  senders::twilio_sender_config out{config.base_url, config.ca_file.string()};
  if (config.status_callback_url) out.receipts_address = to_text(*config.status_callback_url);
  return out;
}

shard_thread::shard_thread(const config::worker_config& config, const secret& subjects_key, std::uint32_t in_flight_max,
                           ports::event_stream& stream, std::unique_ptr<ports::telemetry> telemetry,
                           pipeline::rules initial)
    : work_(boost::asio::make_work_guard(context_)),
      telemetry_(std::move(telemetry)),
      store_(context_.get_executor(), with_rotating_password(to_redis_options(config.redis), config), subjects_key,
             clock_, [this](bool up) { telemetry_->dependency_up("redis", up); }),
      // As many as events may be in flight, for each asks one sender at a time: none waits here, where waiting would
      // look like the sender's fault.
      client_(context_, {.connections_per_origin_max = in_flight_max}),
      twilio_(client_, clock_, to_sender_config(config.twilio),
              [this](bool up) { telemetry_->dependency_up("twilio", up); }),
      kinde_(make_kinde(config, client_, clock_, [this](bool up) { telemetry_->dependency_up("kinde", up); })) {
  const pipeline::services with{.store = store_,
                                .twilio = &twilio_,
                                .kinde = kinde_ ? &*kinde_ : nullptr,
                                .stream = stream,
                                .clock = clock_,
                                .random = random_,
                                .telemetry = *telemetry_};
  const pipeline::options chosen{.in_flight_max = in_flight_max,
                                 .dedupe_ttl = config.redis.dedupe_ttl,
                                 .kinde_daily_limit = config.kinde_daily_limit,
                                 .source_topic = config.kafka.send_code_topic};
  shard_.emplace(context_, with, chosen, std::move(initial));
}

shard_thread::~shard_thread() {
  stop();
}

void shard_thread::start() {
  tick();
  boost::asio::post(context_, [this] { store_.start(); });
  thread_ = std::thread([this] { context_.run(); });
}

void shard_thread::stop() {
  if (!thread_.joinable()) return;
  boost::asio::post(context_, [this] {
    store_.stop();
    client_.close();
    heartbeat_.cancel();
    work_.reset();
    context_.stop();
  });
  thread_.join();
}

std::chrono::seconds shard_thread::silent_for() const {
  const std::chrono::nanoseconds last{last_turn_ns_.load(std::memory_order_relaxed)};
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.steady_now().time_since_epoch() - last);
}

void shard_thread::tick() {
  last_turn_ns_.store(clock_.steady_now().time_since_epoch().count(), std::memory_order_relaxed);
  heartbeat_.expires_after(heartbeat_interval);
  heartbeat_.async_wait([this](boost::system::error_code failure) {
    if (!failure) tick();
  });
}

}  // namespace sendcode::app
