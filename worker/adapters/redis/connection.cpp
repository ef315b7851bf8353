#include "worker/adapters/redis/connection.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/logging.hpp"
#include "worker/adapters/redis/greeting.hpp"
#include "worker/adapters/redis/tls.hpp"

namespace sendcode::redis {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds pause_least{50};
constexpr std::chrono::milliseconds pause_most{2000};
constexpr std::chrono::seconds steady_after{5};  // a connection that lasted as long counts as good

// Half of a command's time: WAIT holds up what is sent behind it, and falls short before the connection counts as dead.
milliseconds wait_time(milliseconds timeout) {
  return std::max(timeout / 2, milliseconds{1});
}

}  // namespace

redis_connection::redis_connection(asio::any_io_executor executor, redis_options options,
                                   std::vector<const script*> scripts, std::function<void(bool)> on_up)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      scripts_(std::move(scripts)),
      on_up_(std::move(on_up)),
      first_(executor_),
      changed_(executor_),
      jitter_(std::random_device{}()) {
  if (options_.mode == redis_mode::sentinel) sentinels_.emplace(executor_, options_);
}

void redis_connection::start() {
  first_until_ = steady_clock::now() + options_.connect_timeout;
  spawn(executor_, "redis", run(shared_from_this()));
}

void redis_connection::stop() {
  stopped_ = true;
  if (sentinels_) sentinels_->stop();
  if (link_) link_->close("the worker stops");
  changed_.cancel();
  first_.open();
}

void redis_connection::reconnect(const std::string& reason) {
  if (link_) link_->close(reason);
}

awaitable<void> redis_connection::first_attempt(deadline until) {
  return first_.wait(std::min(until, first_until_));
}

awaitable<reply_result> redis_connection::execute(const redis_command& command, manner how) {
  if (ready_) return link_->request(command, how);
  return refuse();
}

awaitable<reply_result> redis_connection::refuse() const {
  co_return std::unexpected(broken_by_.empty() ? "not connected to Redis" : broken_by_);
}

awaitable<void> redis_connection::run(std::shared_ptr<redis_connection> self) {
  while (!self->stopped_) {
    std::string failure = co_await self->connect_once();
    if (!failure.empty()) self->broken_by_ = failure;
    if (failure.empty()) {
      const auto since = steady_clock::now();
      self->set_ready(true);
      self->first_.open();
      co_await self->stay_connected();
      self->set_ready(false);
      failure = self->broken_by_;
      if (steady_clock::now() - since >= steady_after) self->pause_ = pause_least;
    }
    self->first_.open();
    if (self->stopped_) break;
    self->outages_.down(self->options_.address, failure);
    co_await self->back_off();
  }
}

awaitable<std::string> redis_connection::connect_once() {
  if (sentinels_) {
    auto master = co_await sentinels_->find_master();
    if (!master) co_return std::move(master.error());
    options_.address = std::move(*master);
  }
  if (stopped_) co_return "the worker stops";
  if (std::string failure = make_link(); !failure.empty()) co_return failure;
  const deadline until = steady_clock::now() + options_.connect_timeout;
  std::string failure = co_await link_->open(options_.address, until);
  greeting met;
  if (failure.empty()) {
    met = co_await greet(link_, options_, scripts_, until);
    failure = std::move(met.failure);
    if (!failure.empty()) link_->close(failure);
  }
  if (!failure.empty()) {
    if (sentinels_) sentinels_->misled();
    co_return failure;
  }
  if (stopped_ || !link_->is_open()) co_return broken_by_;
  for (const std::string& warning : met.warnings) {
    if (warned_.insert(warning).second) log::warn(warning, {{"redis", to_text(options_.address)}});
  }
  outages_.up(options_.address);
  co_return std::string{};
}

std::string redis_connection::make_link() {
  std::shared_ptr<asio::ssl::context> tls;
  if (options_.address.tls) {
    auto made = make_tls_context(options_.tls);
    if (!made) return std::move(made.error());
    tls = std::move(*made);
  }
  const std::weak_ptr<redis_connection> weak = weak_from_this();
  auto on_closed = [weak](const std::string& reason) {
    const auto self = weak.lock();
    if (!self) return;
    self->broken_by_ = reason;
    self->set_ready(false);
    self->changed_.cancel();
  };
  replication kept{options_.replicas_min, wait_time(options_.timeout)};
  if (kept.replicas_min > 0) {
    kept.on_answer = [weak](const std::string& shortfall) {
      if (const auto self = weak.lock()) self->on_replicas(shortfall);
    };
  }
  link_ = std::make_shared<redis_link>(executor_, std::move(tls), std::move(on_closed), std::move(kept));
  return {};
}

awaitable<void> redis_connection::stay_connected() {
  while (!stopped_ && link_->is_open()) {
    changed_.expires_at(deadline::max());
    co_await changed_.async_wait(as_result);
  }
}

awaitable<void> redis_connection::back_off() {
  pause_ = std::clamp(pause_ * 2, pause_least, pause_most);
  const auto most = pause_.count();
  std::uniform_int_distribution<std::int64_t> part(most / 2, most);
  changed_.expires_after(std::chrono::milliseconds{part(jitter_)});
  co_await changed_.async_wait(as_result);
}

void redis_connection::set_ready(bool ready) {
  ready_ = ready;
  short_ = false;
  tell();
}

void redis_connection::on_replicas(const std::string& shortfall) {
  if (!shortfall.empty()) outages_.down(options_.address, shortfall);
  if (shortfall.empty() && short_) outages_.up(options_.address);
  short_ = !shortfall.empty();
  tell();
}

void redis_connection::tell() {
  const bool up = ready_ && !short_;
  if (up == told_up_) return;
  told_up_ = up;
  if (on_up_) on_up_(up);
}

}  // namespace sendcode::redis
