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
constexpr std::chrono::seconds say_again_first{10};
constexpr std::chrono::seconds say_again_most{600};
constexpr std::size_t reasons_said_max = 8;

std::int64_t whole_seconds(steady_clock::duration d) {
  return std::chrono::duration_cast<seconds>(d).count();
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
      jitter_(std::random_device{}()) {}

void redis_connection::start() {
  first_.expires_after(options_.connect_timeout);
  spawn(executor_, "redis", run(shared_from_this()));
}

void redis_connection::stop() {
  stopped_ = true;
  if (link_) link_->close("the worker stops");
  changed_.cancel();
  first_.cancel();
}

awaitable<void> redis_connection::first_attempt() {
  if (!attempted_ && !stopped_) co_await first_.async_wait(as_result);
}

awaitable<reply_result> redis_connection::execute(const redis_command& command) {
  if (ready_) return link_->request(command, steady_clock::now() + options_.timeout);
  return refuse();
}

awaitable<reply_result> redis_connection::refuse() const {
  co_return std::unexpected(broken_by_.empty() ? "not connected to Redis" : broken_by_);
}

awaitable<void> redis_connection::run(std::shared_ptr<redis_connection> self) {
  while (!self->stopped_) {
    std::string failure = co_await self->connect_once();
    self->attempted_ = true;
    if (!failure.empty()) self->broken_by_ = failure;
    if (failure.empty()) {
      const auto since = steady_clock::now();
      self->set_ready(true);
      self->first_.cancel();
      co_await self->stay_connected();
      self->set_ready(false);
      failure = self->broken_by_;
      if (steady_clock::now() - since >= steady_after) self->pause_ = pause_least;
    }
    self->first_.cancel();
    if (self->stopped_) break;
    self->outages_.down(self->options_.address, failure);
    co_await self->back_off();
  }
}

awaitable<std::string> redis_connection::connect_once() {
  std::shared_ptr<asio::ssl::context> tls;
  if (options_.address.tls) {
    auto made = make_tls_context(options_.tls);
    if (!made) co_return std::move(made.error());
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
  link_ = std::make_shared<redis_link>(executor_, std::move(tls), std::move(on_closed));
  const deadline until = steady_clock::now() + options_.connect_timeout;
  std::string failure = co_await link_->open(options_.address, until);
  if (!failure.empty()) co_return failure;
  greeting met = co_await greet(link_, options_, scripts_, until);
  if (!met.failure.empty()) {
    link_->close(met.failure);
    co_return std::move(met.failure);
  }
  if (stopped_ || !link_->is_open()) co_return broken_by_;
  for (const std::string& warning : met.warnings) {
    if (warned_.insert(warning).second) log::warn(warning, {{"redis", to_text(options_.address)}});
  }
  outages_.up(options_.address);
  co_return std::string{};
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
  if (ready_ == ready) return;
  ready_ = ready;
  if (on_up_) on_up_(ready);
}

void redis_connection::outage_log::down(const redis_address& address, const std::string& reason) {
  const auto now = steady_clock::now();
  if (said_.empty() && interval_.count() == 0) since_ = now;
  const bool known = said_.contains(reason) || said_.size() >= reasons_said_max;
  if (known && now < next_) return;
  said_.insert(reason);
  interval_ = std::clamp(known ? interval_ * 2 : interval_, say_again_first, say_again_most);
  next_ = now + interval_;
  log::warn("Redis cannot be used: intake waits for it",
            {{"redis", to_text(address)}, {"what", reason}, {"for_s", whole_seconds(now - since_)}});
}

void redis_connection::outage_log::up(const redis_address& address) {
  if (said_.empty()) {
    log::info("connected to Redis", {{"redis", to_text(address)}});
    return;
  }
  log::info("Redis is back", {{"redis", to_text(address)}, {"after_s", whole_seconds(steady_clock::now() - since_)}});
  said_.clear();
  interval_ = std::chrono::seconds{0};
}

}  // namespace sendcode::redis
