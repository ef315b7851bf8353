#include "worker/adapters/http_client/pool.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/async/returning_errors.hpp"

namespace sendcode::http_client {
namespace {

namespace asio = boost::asio;

}  // namespace

lease& lease::operator=(lease&& other) noexcept {
  if (this != &other) {
    give_back();
    from_ = std::move(other.from_);
    held_ = std::move(other.held_);
    reusable_ = other.reusable_;
  }
  return *this;
}

void lease::give_back() {
  if (!from_) return;
  const auto from = std::move(from_);
  from->give_back(std::move(held_), reusable_);
}

// A waiter's place in a queue, which it leaves whichever way its wait ends.
struct pool::queued {
  queued(std::deque<waiter*>& in, waiter& who) : queue(in), self(who) { queue.push_back(&self); }
  queued(const queued&) = delete;
  queued& operator=(const queued&) = delete;
  ~queued() { std::erase(queue, &self); }

  std::deque<waiter*>& queue;
  waiter& self;
};

pool::pool(asio::io_context& context, ports::origin to, client_limits limits, std::shared_ptr<host_lookup> lookup)
    : context_(context), to_(std::move(to)), limits_(limits), lookup_(std::move(lookup)) {}

lease pool::take_idle(ports::steady_time deadline) {
  while (!idle_.empty()) {
    auto last = std::move(idle_.back());
    idle_.pop_back();
    if (last->quiet()) {
      last->watch(deadline);
      return {shared_from_this(), std::move(last)};
    }
    --open_;
  }
  return {};
}

void pool::give_back(std::shared_ptr<connection> held, bool reusable) {
  if (closed_) reusable = false;
  if (held && reusable) {
    held->rest();
  } else {
    held.reset();
  }
  if (!waiting_for_place_.empty()) {
    waiter& next = *waiting_for_place_.front();
    waiting_for_place_.pop_front();
    next.given = std::move(held);
    next.served = true;
    next.wake.cancel();
    return;
  }
  if (held) {
    held->idle_since = std::chrono::steady_clock::now();
    idle_.push_back(std::move(held));
  } else {
    --open_;
  }
}

awaitable<std::expected<lease, std::string>> pool::acquire(ports::steady_time deadline) {
  const auto self = shared_from_this();
  if (open_ >= limits_.connections_per_origin_max) {
    waiter mine(context_.get_executor());
    mine.wake.expires_at(deadline);
    const queued place(waiting_for_place_, mine);
    co_await mine.wake.async_wait(returning_errors);
    if (!mine.served) co_return std::unexpected("pool: no connection became free before the deadline");
    if (mine.given && mine.given->quiet()) {
      mine.given->watch(deadline);
      co_return lease(self, std::move(mine.given));
    }
  } else {
    ++open_;
  }

  lease out(self, nullptr);
  if (to_.tls && !tls_) {
    auto made =
        to_.only_certificate.empty() ? make_client_tls(to_.ca_file) : make_tls_for_certificate(to_.only_certificate);
    if (!made) co_return std::unexpected(made.error());
    tls_ = std::move(*made);
    SSL_CTX_set_app_data(tls_.get(), this);
    SSL_CTX_set_session_cache_mode(tls_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls_.get(), remember_session);
  }
  auto found = co_await addresses(deadline);
  if (!found) co_return std::unexpected(found.error());
  out.set(std::make_shared<connection>(context_));
  const tls_parameters tls{.context = tls_.get(), .host = to_.host, .resume = &session_};
  const auto opened = co_await out->open(std::move(*found), tls, deadline);
  if (!opened) {
    session_.reset();  // a session that the server no longer takes must not fail twice
    co_return std::unexpected(opened.error());
  }
  co_return out;
}

int pool::remember_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<pool*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  self->session_.reset(session);
  return 1;  // the session is ours now
}

awaitable<std::expected<std::vector<tcp::endpoint>, std::string>> pool::addresses(ports::steady_time deadline) {
  boost::system::error_code not_an_address;
  const auto literal = asio::ip::make_address(to_.host, not_an_address);
  if (!not_an_address) co_return std::vector<tcp::endpoint>{tcp::endpoint(literal, to_.port)};

  if (std::chrono::steady_clock::now() >= addresses_until_) {
    waiter mine(context_.get_executor());
    mine.wake.expires_at(deadline);
    const queued place(waiting_for_addresses_, mine);
    if (!resolving_) look_up();
    co_await mine.wake.async_wait(returning_errors);
    if (!mine.served) co_return std::unexpected("resolve: deadline passed");
    if (!resolve_error_.empty()) co_return std::unexpected("resolve: " + resolve_error_);
  }
  co_return addresses_;
}

void pool::look_up() {
  resolving_ = true;
  // It may outlast those who began it: whoever waits then is told.
  lookup_->start(to_, [self = shared_from_this()](host_lookup::found found) {
    self->resolving_ = false;
    self->resolve_error_ = found ? std::string() : std::move(found.error());
    if (found) {
      self->addresses_ = std::move(*found);
      self->addresses_until_ = std::chrono::steady_clock::now() + self->limits_.addresses_max;
    }
    for (waiter* each : self->waiting_for_addresses_) {
      each->served = true;
      each->wake.cancel();
    }
  });
}

std::optional<ports::steady_time> pool::sweep(ports::steady_time now) {
  const auto fresh =
      std::ranges::find_if(idle_, [&](const auto& each) { return now - each->idle_since < limits_.idle_max; });
  open_ -= static_cast<std::size_t>(fresh - idle_.begin());
  idle_.erase(idle_.begin(), fresh);
  if (idle_.empty()) return std::nullopt;
  return idle_.front()->idle_since + limits_.idle_max;
}

void pool::close() {
  closed_ = true;
  open_ -= idle_.size();
  idle_.clear();
  lookup_->stop();
}

}  // namespace sendcode::http_client
