#include "worker/adapters/redis/link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "worker/adapters/redis/errors.hpp"

namespace sendcode::redis {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// After a command's time: how long nothing at all may come before the connection counts as dead.
constexpr std::chrono::milliseconds silence_max{10};

constexpr std::string_view asking_command = "*1\r\n$6\r\nASKING\r\n";

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

bool is_ip_address(const std::string& host) {
  error_code failure;
  asio::ip::make_address(host, failure);
  return !failure;
}

}  // namespace

redis_link::redis_link(const asio::any_io_executor& executor, std::shared_ptr<asio::ssl::context> tls,
                       std::function<void(const std::string&)> on_closed, replication kept)
    : executor_(executor),
      tls_context_(std::move(tls)),
      on_closed_(std::move(on_closed)),
      kept_(std::move(kept)),
      socket_(executor),
      timer_(executor) {}

awaitable<std::string> redis_link::open(redis_address address, deadline until) {
  const auto self = shared_from_this();
  timer_.expires_at(until);
  timer_.async_wait([self](error_code stopped) {
    if (!stopped && !self->open_) self->close("no connection in time");
  });
  std::string failure = co_await connect(std::move(address));
  timer_.cancel();
  if (closed_) co_return reason_;
  if (!failure.empty()) {
    close(failure);
    co_return failure;
  }
  open_ = true;
  read();
  co_return std::string{};
}

awaitable<std::string> redis_link::connect(redis_address address) {
  asio::ip::tcp::resolver resolver(executor_);
  const std::string port = std::to_string(address.port);
  auto [unresolved, endpoints] = co_await resolver.async_resolve(address.host, port, as_result);
  if (unresolved) co_return "the host's name is not resolved: " + unresolved.message();
  if (closed_) co_return reason_;
  auto [unconnected, endpoint] = co_await asio::async_connect(socket_, endpoints, as_result);
  if (unconnected) co_return "no connection: " + unconnected.message();
  if (closed_) co_return reason_;
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (!tls_context_) co_return std::string{};

  tls_.emplace(socket_, *tls_context_);
  // Server name indication is for names alone (RFC 6066 §3); the check of the certificate is for both.
  if (!is_ip_address(address.host)) SSL_set_tlsext_host_name(tls_->native_handle(), address.host.c_str());
  tls_->set_verify_callback(asio::ssl::host_name_verification(address.host));
  auto [refused] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_result);
  if (refused) co_return "TLS: " + refused.message();
  co_return std::string{};
}

awaitable<reply_result> redis_link::request(const redis_command& command, manner how) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(reply_result)>(
      [this, &command, how](auto handler) { issue(command, how, std::move(handler)); }, asio::use_awaitable);
}

void redis_link::issue(const redis_command& command, manner how, std::move_only_function<void(reply_result)> handler) {
  const char* refusal = !open_ ? "not connected" : "too many commands wait for Redis";
  if (!open_ || waiting_.size() >= commands_in_flight_max) {
    // Never from inside the call that began the wait.
    asio::post(executor_, [waiter = std::move(handler), refusal]() mutable { waiter(std::unexpected(refusal)); });
    return;
  }
  if (how.asking) {
    out_ += asking_command;
    waiting_.push_back({how.until, nullptr, role::asking});
  }
  const bool replicated = how.replicated && kept_.replicas_min > 0;
  command.encode_onto(out_);
  waiting_.push_back({how.until, std::move(handler), replicated ? role::replicated : role::plain});
  if (replicated) wait_behind_ = true;
  watch();
  flush_after_this_turn();
}

void redis_link::flush_after_this_turn() {
  if (flushing_) return;
  flushing_ = true;
  asio::post(executor_, [self = shared_from_this()] { self->flush(); });
}

void redis_link::flush() {
  if (!open_ || out_.empty()) {
    flushing_ = false;
    return;
  }
  if (std::exchange(wait_behind_, false)) {
    redis_command wait;
    wait.add("WAIT").add(kept_.replicas_min).add(kept_.time.count()).encode_onto(out_);
    waiting_.push_back({waiting_.back().until, nullptr, role::wait});
  }
  leaving_.clear();
  leaving_.swap(out_);
  auto written = [self = shared_from_this()](error_code failure, std::size_t) {
    if (failure) {
      self->close("writing failed: " + failure.message());
    } else {
      self->flush();
    }
  };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(leaving_), std::move(written));
  } else {
    asio::async_write(socket_, asio::buffer(leaving_), std::move(written));
  }
}

void redis_link::read() {
  auto arrived = [self = shared_from_this()](error_code failure, std::size_t size) {
    if (failure) {
      const bool ended = failure == asio::error::eof || failure == asio::ssl::error::stream_truncated;
      self->close(ended ? "Redis closed the connection" : "reading failed: " + failure.message());
      return;
    }
    self->take(std::string_view(self->in_.data(), size));
    if (self->open_) self->read();
  };
  if (tls_) {
    tls_->async_read_some(asio::buffer(in_), std::move(arrived));
  } else {
    socket_.async_read_some(asio::buffer(in_), std::move(arrived));
  }
}

void redis_link::take(std::string_view bytes) {
  if (!reader_.feed(bytes)) return close("an answer is too large, or not Redis' protocol");
  while (open_) {
    auto reply = reader_.next();
    if (!reply) return close("an answer is not Redis' protocol: " + reply.error());
    if (!*reply) return;
    if (waiting_.empty()) return close("an answer that was not asked for");
    silent_ = false;
    waiting oldest = std::move(waiting_.front());
    waiting_.pop_front();
    answer(std::move(oldest), std::move(**reply));
  }
}

// A handler resumes its coroutine right here: it may issue commands, or close.
void redis_link::answer(waiting asked, redis_reply reply) {
  if (asked.as == role::wait) return decide(reply);
  if (asked.as == role::asking) {
    if (reply.is_error()) asking_refused_ = std::move(reply.text);
    return;
  }
  if (!asking_refused_.empty()) {
    reply = redis_reply{.type = redis_reply::kind::error, .text = {}, .integer = 0, .elements = {}};
    reply.text.swap(asking_refused_);
  }
  if (asked.as == role::replicated && !reply.is_error()) {
    undecided_.push_back({std::move(asked.handler), std::move(reply)});
  } else {
    asked.handler(std::move(reply));
  }
}

// All that is undecided stood in the flush that this WAIT ended.
void redis_link::decide(const redis_reply& wait) {
  std::string shortfall;
  if (wait.is_error()) {
    shortfall = explain(wait.text);
  } else if (wait.integer < kept_.replicas_min) {
    shortfall = "too few replicas have what was written: redis.replicas_min is " + std::to_string(kept_.replicas_min) +
                ", and in time " + std::to_string(wait.integer) + " had it";
  }
  if (kept_.on_answer) kept_.on_answer(shortfall);
  auto decided = std::exchange(undecided_, {});
  for (undecided& each : decided) {
    if (shortfall.empty()) {
      each.handler(std::move(each.reply));
    } else {
      each.handler(std::unexpected(shortfall));
    }
  }
}

// One timer for the oldest command: deadlines stand in order.
void redis_link::watch() {
  if (waiting_.empty() || !open_) return;
  const deadline next = waiting_.front().until;
  if (watching_ && watched_until_ <= next) return;  // it will look again then
  watching_ = true;
  watched_until_ = next;
  timer_.expires_at(next);
  timer_.async_wait([self = shared_from_this()](error_code stopped) {
    if (stopped) return;  // set anew, or closed
    self->watching_ = false;
    if (self->waiting_.empty()) return;
    if (self->waiting_.front().until > std::chrono::steady_clock::now()) {
      self->silent_ = false;
      self->watch();
    } else if (!self->silent_) {
      // It may be this thread that was late to read. And as long as replies come, in order, Redis works through what
      // it was given: the command waits in a queue, not for a server that is gone.
      self->silent_ = true;
      self->waiting_.front().until = std::chrono::steady_clock::now() + silence_max;
      self->watch();
    } else {
      // Later replies could not be told from the one that is missing.
      self->close("Redis did not answer in time");
    }
  });
}

void redis_link::close(const std::string& reason) {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  open_ = false;
  reason_ = reason;
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  if (const auto tell = std::exchange(on_closed_, nullptr)) tell(reason_);
  auto unsure = std::exchange(undecided_, {});
  auto failed = std::exchange(waiting_, {});
  for (undecided& each : unsure) each.handler(std::unexpected(reason_));
  for (waiting& each : failed) {
    if (each.handler) each.handler(std::unexpected(reason_));
  }
}

}  // namespace sendcode::redis
