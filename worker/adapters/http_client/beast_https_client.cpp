#include "worker/adapters/http_client/beast_https_client.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "common/secret.hpp"
#include "worker/adapters/http_client/pool.hpp"
#include "worker/adapters/http_client/response_reader.hpp"

namespace sendcode::http_client {
namespace {

using ports::https_failure;
using ports::https_request;
using ports::https_response;
using result = std::expected<https_response, https_failure>;
using progress = connection::progress;
using received = response_reader::state;

constexpr std::size_t read_bytes_max = std::size_t{16} * 1024;  // a TLS record

// Request line, header and body as one text, so that they leave in one TLS record and one system call.
void assemble(std::string& out, const https_request& request) {
  const ports::origin& to = *request.to;
  std::size_t size = request.method.size() + request.target.size() + to.host.size() + request.body.size() + 96;
  for (const auto& [name, value] : request.headers) size += name.size() + value.size() + 4;
  out.reserve(size);

  const bool ipv6 = to.host.find(':') != std::string::npos;
  std::array<char, 20> digits{};
  const auto append_number = [&](std::size_t number) {
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
  };
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  if (ipv6) out += '[';
  out += to.host;
  if (ipv6) out += ']';
  if (to.port != (to.tls ? 443 : 80)) {
    out += ':';
    append_number(to.port);
  }
  out += "\r\n";
  for (const auto& [name, value] : request.headers) out.append(name).append(": ").append(value).append("\r\n");
  if (request.method != "GET" || !request.body.empty()) {
    out += "Content-Length: ";
    append_number(request.body.size());
    out += "\r\n";
  }
  out.append("\r\n").append(request.body);
}

https_failure not_sent(std::string what) {
  return {https_failure::kind::not_sent, std::move(what)};
}

}  // namespace

struct beast_https_client::state : std::enable_shared_from_this<state> {
  state(boost::asio::io_context& in, client_limits given, std::shared_ptr<host_lookup> by)
      : context(in),
        limits(given),
        lookup(by ? std::move(by) : make_system_lookup(in)),
        sweep_timer(in.get_executor()) {}

  pool& pool_of(const ports::origin& to) {
    for (const auto& each : pools) {
      if (each->to() == to) return *each;
    }
    return *pools.emplace_back(std::make_shared<pool>(context, to, limits, lookup));
  }

  void sweep_later(ports::steady_time when) {
    if (sweeping || closed) return;
    sweeping = true;
    sweep_timer.expires_at(when);
    sweep_timer.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
      const auto alive = self.lock();
      if (error || !alive) return;
      alive->sweeping = false;
      std::optional<ports::steady_time> next;
      for (const auto& each : alive->pools) {
        const auto due = each->sweep(std::chrono::steady_clock::now());
        if (due && (!next || *due < *next)) next = due;
      }
      if (next) alive->sweep_later(*next);
    });
  }

  boost::asio::io_context& context;
  client_limits limits;
  std::shared_ptr<host_lookup> lookup;
  std::vector<std::shared_ptr<pool>> pools;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    io_executor>
      sweep_timer;
  bool sweeping = false;
  bool closed = false;
  // Where every connection's bytes are read into: a read starts only once bytes are there, so none holds it across a
  // wait.
  std::array<char, read_bytes_max> scratch{};
};

namespace {

// Writes the request and reads the response. Marks the lease as reusable when the exchange left the connection clean.
awaitable<result> converse(lease& on, std::span<char> scratch) {
  std::size_t written = 0;
  for (;;) {
    const auto step = on->try_write(on->request, written);
    if (step == progress::done) break;
    if (step == progress::closed) co_return std::unexpected(not_sent("write: the connection was closed"));
    if (step == progress::failed) co_return std::unexpected(not_sent("write: " + on->problem()));
    const bool woke = co_await on->wait(step);
    if (!woke) co_return std::unexpected(not_sent("write: deadline passed"));
  }
  wipe(on->request);

  response_reader reader;
  std::string waiting;  // a header that has not come whole
  const wiped_at_end wiped(waiting);
  std::string why = "read: deadline passed";
  received at = received::needs_more;
  bool surplus = false;
  // No answer is there yet: to look for it at once would be a system call for nothing.
  const bool begun = co_await on->wait(progress::wants_read);
  while (begun && at == received::needs_more) {
    std::size_t size = 0;
    const auto step = on->try_read(scratch, size);
    if (step == progress::wants_read || step == progress::wants_write) {
      const bool woke = co_await on->wait(step);
      if (!woke) break;
    } else if (step == progress::done) {
      std::string_view bytes(scratch.data(), size);
      if (!waiting.empty()) bytes = waiting.append(bytes);
      std::size_t used = 0;
      at = reader.feed(bytes, used);
      surplus = used < bytes.size();
      std::string rest(at == received::needs_more ? bytes.substr(used) : std::string_view());
      wipe(waiting);
      waiting = std::move(rest);
      wipe(scratch.data(), size);
      if (at == received::malformed) why = "read: malformed response";
    } else {
      at = step == progress::closed ? reader.end_of_stream() : received::malformed;
      why = step == progress::closed ? "read: the connection was closed early" : "read: " + on->problem();
    }
  }

  if (at != received::done && at != received::too_large && !reader.has_header()) {
    co_return std::unexpected(https_failure{https_failure::kind::unanswered, std::move(why)});
  }
  https_response response;
  response.status = reader.status();
  response.retry_after = reader.take_retry_after();
  response.complete = at == received::done;
  if (response.complete && !surplus && reader.keeps_alive()) on.keep();
  response.body = reader.take_body();
  co_return response;
}

}  // namespace

beast_https_client::beast_https_client(boost::asio::io_context& context, client_limits limits,
                                       std::shared_ptr<host_lookup> lookup)
    : state_(std::make_shared<state>(context, limits, std::move(lookup))) {}

beast_https_client::~beast_https_client() {
  close();
}

void beast_https_client::close() {
  state_->closed = true;
  state_->sweep_timer.cancel();
  for (const auto& each : state_->pools) each->close();
}

awaitable<result> beast_https_client::exchange(https_request& request, ports::steady_time deadline) {
  const auto own = state_;  // an exchange may outlive the client
  const wiped_at_end wiped(request.body);
  if (std::chrono::steady_clock::now() >= deadline) co_return std::unexpected(not_sent("deadline passed"));
  pool& from = own->pool_of(*request.to);
  lease on = from.take_idle(deadline);
  if (!on) {
    auto opened = co_await from.acquire(deadline);
    if (!opened) co_return std::unexpected(not_sent(std::move(opened.error())));
    on = std::move(*opened);
    // A process that stood still finds connections free before it sees that its timers have run out: whoever took over
    // meanwhile has sent this very text.
    if (std::chrono::steady_clock::now() >= deadline) {
      on.keep();
      co_return std::unexpected(not_sent("deadline passed"));
    }
  }
  assemble(on->request, request);
  result out = co_await converse(on, own->scratch);
  on = lease();  // back into the pool, or closed
  own->sweep_later(std::chrono::steady_clock::now() + own->limits.idle_max);
  co_return out;
}

}  // namespace sendcode::http_client
