#include "worker/adapters/http_server/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "common/async/returning_errors.hpp"
#include "common/secret.hpp"

namespace sendcode::http_server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using plain_stream = beast::tcp_stream;
using tls_stream = asio::ssl::stream<beast::tcp_stream>;
using http_request = http::request_parser<http::string_body>;
using http_response = http::response<http::string_body>;

constexpr std::size_t buffer_bytes = std::size_t{8} * 1024;  // what a request with a code fits into without a move
constexpr std::size_t buffer_bytes_max =
    std::size_t{64} * 1024;  // above any header and body that the parser lets through

void wipe_buffer(beast::flat_buffer& buffer) {
  // What was read ahead of the next request stays.
  const std::size_t ahead = buffer.size();
  const auto free = buffer.prepare(buffer.capacity() - ahead);
  wipe(free.data(), free.size());
}

request to_request(http_request& parser) {
  auto& message = parser.get();
  request out;
  out.method = std::string(message.method_string());
  const std::string_view target(message.target().data(), message.target().size());
  const auto question = std::min(target.find('?'), target.size());
  out.path = target.substr(0, question);
  if (question < target.size()) out.query = target.substr(question + 1);
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    out.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  out.body = std::move(message.body());
  return out;
}

// For a request that could not be read; 0: the peer is gone, or took too long.
unsigned status_of(beast::error_code error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  const beast::error_code of_http = http::error::bad_method;
  return error.category() == of_http.category() ? 400 : 0;
}

template <class Stream>
class connection final : public session {
 public:
  template <class... Arguments>
  explicit connection(session_world& world, Arguments&&... arguments)
      : world_(world), stream_(std::forward<Arguments>(arguments)...) {
    world_.sessions.insert(this);
    buffer_.max_size(buffer_bytes_max);
    buffer_.reserve(buffer_bytes);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() override {
    buffer_.clear();
    wipe_buffer(buffer_);
    world_.sessions.erase(this);
  }

  Stream& stream() noexcept { return stream_; }
  beast::tcp_stream& bottom() { return beast::get_lowest_layer(stream_); }
  void close_if_idle() override {
    if (!answering_) bottom().close();
  }

  awaitable<void> serve() {
    bool again = true;
    while (again && !world_.stopping) again = co_await one_request();
  }

 private:
  // False: the connection is done.
  awaitable<bool> one_request() {
    http_request parser;
    parser.header_limit(request_header_bytes_max);
    parser.body_limit(world_.options.body_max);
    if (buffer_.size() == 0) {
      const bool came = co_await wait_for_bytes();
      if (!came) co_return false;
    }
    bottom().expires_after(world_.options.request_time_max);
    auto [error, size] = co_await http::async_read_header(stream_, buffer_, parser, returning_errors);
    if (!error && !parser.is_done()) {
      if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()), returning_errors);
      }
      std::tie(error, size) = co_await http::async_read(stream_, buffer_, parser, returning_errors);
    }
    if (error) {
      response refusal{.status = status_of(error), .content_type = {}, .body = {}, .headers = {}};
      if (refusal.status != 0) co_await write(std::move(refusal), false);
      co_return false;
    }
    wipe_buffer(buffer_);

    answering_ = true;
    const bool keep_alive = parser.get().keep_alive();
    request asked = to_request(parser);
    const wiped_at_end wiped(asked.body);
    bottom().expires_never();
    response answer = co_await world_.handle(asked);
    bottom().expires_after(world_.options.request_time_max);
    const bool written = co_await write(std::move(answer), keep_alive && !world_.stopping);
    answering_ = false;
    co_return written&& keep_alive;
  }

  // The next request may take idle_max to begin; once it has begun, request_time_max holds.
  awaitable<bool> wait_for_bytes() {
    bottom().expires_after(world_.options.idle_max);
    const auto space = buffer_.prepare(buffer_bytes);
    auto [error, size] = co_await stream_.async_read_some(space, returning_errors);
    buffer_.commit(size);
    co_return !error;
  }

  awaitable<bool> write(response answer, bool keep_alive) {
    http_response message(http::int_to_status(answer.status), 11);
    message.result(answer.status);
    for (const auto& [name, value] : answer.headers) message.set(name, value);
    if (!answer.content_type.empty()) message.set(http::field::content_type, answer.content_type);
    message.set(http::field::cache_control, "no-store");
    message.body() = std::move(answer.body);
    message.keep_alive(keep_alive);
    if (answer.status != 204) message.prepare_payload();
    auto [error, size] = co_await http::async_write(stream_, message, returning_errors);
    co_return !error;
  }

  session_world& world_;
  Stream stream_;
  beast::flat_buffer buffer_;
  bool answering_ = false;
};

}  // namespace

awaitable<void> serve_connection(session_world& world, asio::ip::tcp::socket socket, asio::ssl::context* tls) {
  boost::system::error_code error;
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  if (tls == nullptr) {
    connection<plain_stream> plain(world, std::move(socket));
    co_await plain.serve();
    plain.bottom().socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    co_return;
  }
  connection<tls_stream> secure(world, std::move(socket), *tls);
  secure.bottom().expires_after(world.options.request_time_max);
  auto [failed] = co_await secure.stream().async_handshake(asio::ssl::stream_base::server, returning_errors);
  if (failed) co_return;
  co_await secure.serve();
  secure.bottom().expires_after(world.options.request_time_max);
  co_await secure.stream().async_shutdown(returning_errors);
}

}  // namespace sendcode::http_server
