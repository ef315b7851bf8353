#include "worker/app/worker.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "common/logging.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/usable_cores.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds reload_interval{1};
constexpr std::chrono::seconds stuck_after{30};  // an event loop that did not turn for so long will not again

std::uint32_t shard_count(const config::worker_config& config) {
  if (config.shards != 0) return config.shards;
  static const auto cores = std::min(config::shards_max, usable_cores());  // once, for a quota may change
  return cores;
}

// Each shard's part of what may be in flight, rounded up.
std::uint32_t in_flight_of_each(const config::worker_config& config) {
  const auto shards = shard_count(config);
  return std::max(1U, (config.max_in_flight + shards - 1) / shards);
}

kafka::stream_options to_stream_options(const config::worker_config& config) {
  kafka::stream_options out;
  out.properties = to_properties(config.kafka);
  out.group = config.kafka.group;
  out.send_code_topic = config.kafka.send_code_topic;
  out.status_topic = config.kafka.delivery_status_topic;
  out.dead_letter_topic = config.kafka.dead_letter_topic;
  // Held events are open too, and must not count as a backlog: other environments' events pass them.
  const std::size_t held = std::size_t{shard_count(config)} * pipeline::held_max;
  out.open_high = std::size_t{4} * config.max_in_flight + held;
  out.open_low = std::size_t{2} * config.max_in_flight + held;
  return out;
}

}  // namespace

std::expected<std::unique_ptr<worker>, std::string> worker::make(const config::worker_config& config) {
  auto rules = rules_source::open(config);
  if (!rules) return std::unexpected(rules.error());
  auto subjects = read_subjects_key(config);
  if (!subjects) return std::unexpected(subjects.error());
  std::unique_ptr<worker> out(new worker(config, std::move(*rules), std::move(*subjects)));

  auto* self = out.get();
  const auto on_fatal = [self](std::string reason) {
    boost::asio::post(self->control_, [self, reason = std::move(reason)] {
      log::error("Kafka's client cannot go on: the worker ends", {{"why", reason}});
      self->ended_well_ = false;
      self->begin_drain("a fatal error of Kafka's client");
    });
  };
  const auto on_up = [self](bool up) { self->kafka_telemetry_->dependency_up("kafka", up); };
  auto stream = kafka::kafka_stream::open(to_stream_options(config), {.on_fatal = on_fatal, .on_up = on_up});
  if (!stream) return std::unexpected(stream.error() + '\n');
  out->stream_ = std::move(*stream);

  for (std::uint32_t i = 0; i < shard_count(config); ++i) {
    out->shards_.push_back(std::make_unique<shard_thread>(config, *out->subjects_key_, in_flight_of_each(config),
                                                          *out->stream_, out->metrics_.make_front(),
                                                          out->rules_.current()));
  }
  auto http = http_thread::make(
      config, *out->subjects_key_, *out->stream_, out->metrics_, out->rules_.current(),
      {.alive = [self] { return self->is_alive(); }, .ready = [self] { return self->ready_.load(); }});
  if (!http) return std::unexpected(http.error() + '\n');
  out->http_ = std::move(*http);
  if (config.webhooks_http) {
    auto webhooks = webhook_thread::make(config, *out->stream_, out->metrics_, out->rules_.current());
    if (!webhooks) return std::unexpected(webhooks.error() + '\n');
    out->webhooks_ = std::move(*webhooks);
  }
  return out;
}

worker::worker(const config::worker_config& config, rules_source rules, secret_ptr subjects_key)
    : config_(config),
      subjects_key_(std::move(subjects_key)),
      rules_(std::move(rules)),
      telemetry_(metrics_.make_front()),
      kafka_telemetry_(metrics_.make_front()) {}

worker::~worker() = default;

bool worker::run() {
  start();
  control_.run();
  for (auto& shard : shards_) shard->stop();
  log::info("ended", {{"well", ended_well_}});
  return ended_well_;
}

void worker::start() {
  watch_signals();
  for (auto& shard : shards_) shard->start();
  http_->start();
  if (webhooks_) webhooks_->start();
  reload_each_second();
  log::info("started", {{"shards", shards_.size()},
                        {"max_in_flight", static_cast<std::int64_t>(config_.max_in_flight)},
                        {"group", config_.kafka.group},
                        {"internal_port", static_cast<int>(http_->port())}});
}

bool worker::is_alive() const {
  return std::ranges::all_of(shards_, [](const auto& shard) { return shard->silent_for() < stuck_after; });
}

void worker::reload_each_second() {
  if (const auto changed = rules_.poll()) apply(*changed);
  reload_timer_.expires_after(reload_interval);
  reload_timer_.async_wait([this](boost::system::error_code failure) {
    if (!failure) reload_each_second();
  });
}

void worker::apply(const pipeline::rules& rules) {
  std::vector<std::string> environments;
  for (const auto& [id, settings] : rules.settings->environments) environments.push_back(id);
  metrics_.know_environments(environments);
  telemetry_->dependency_up("settings", rules.settings->current);
  for (auto& shard : shards_) shard->events().update(rules);
  http_->update(rules);
  if (webhooks_) webhooks_->update(rules);
  ready_ = rules.settings->current && !draining_;
  if (rules.settings->current && !std::exchange(streaming_, true)) {
    // Not before: what is unknown without settings could only be held, or refused.
    std::vector<ports::record_sink*> sinks;
    for (auto& shard : shards_) sinks.push_back(&shard->events());
    stream_->start(std::move(sinks));
  }
  log::info("settings are in force", {{"environments", rules.settings->environments.size()}});
}

void worker::watch_signals() {
  if (!draining_) {
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
  }
  signals_.async_wait([this](boost::system::error_code failure, int) {
    if (failure) return;
    if (draining_) std::_Exit(EXIT_FAILURE);  // the second one: at once; leases run out, and others take over
    begin_drain("asked to end");
  });
}

void worker::begin_drain(std::string_view why) {
  if (draining_) return;
  draining_ = true;
  ready_ = false;
  log::info("draining", {{"why", why}, {"at_most_s", static_cast<std::int64_t>(config_.drain_timeout.count())}});
  watch_signals();
  reload_timer_.cancel();
  stream_->stop_intake();
  shards_busy_ = shards_.size();
  for (auto& shard : shards_) {
    shard->events().drain([this] {
      boost::asio::post(control_, [this] {
        if (--shards_busy_ == 0) finish_stream();
      });
    });
  }
  drain_timer_.expires_after(config_.drain_timeout);
  drain_timer_.async_wait([this](boost::system::error_code failure) {
    if (failure || finishing_) return;
    log::warn("the drain took too long: what is still open comes again after the next start",
              {{"shards_busy", shards_busy_}});
    finish_stream();
  });
}

void worker::finish_stream() {
  if (finishing_) return;
  finishing_ = true;
  drain_timer_.cancel();
  http_->stop();  // before the stream: a check's status is still to be published, and a receipt's acknowledged
  if (webhooks_) webhooks_->stop();
  if (!streaming_) {
    control_.stop();
    return;
  }
  stream_->finish(drain_timer_.expiry(), [this](bool clean) {
    boost::asio::post(control_, [this, clean] {
      ended_well_ = ended_well_ && clean;
      signals_.cancel();
      control_.stop();
    });
  });
}

}  // namespace sendcode::app
