#include "tests/sandbox/server/callback_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <optional>

#include "common/async/returning_errors.hpp"

namespace sendcode::sandbox {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using result = std::expected<int, std::string>;

constexpr seconds time_limit{15};
constexpr std::size_t answer_bytes_max = 64 * 1024;

struct address {
  bool secure = false;
  std::string host;  // as in the URL, port included
  tcp::endpoint endpoint;
  std::string path;
};

// Nothing: no http(s) URL of a loopback address.
std::optional<address> read_url(std::string_view url) {
  address out;
  if (url.starts_with("https://")) {
    out.secure = true;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const auto path = url.find_first_of("/?");
  out.host = url.substr(0, path);
  out.path = path == std::string_view::npos ? "/" : std::string(url.substr(path));
  if (out.path[0] == '?') out.path.insert(0, "/");

  std::uint16_t port = out.secure ? 443 : 80;
  std::string_view host = out.host;
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    const auto digits = host.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    host = host.substr(0, colon);
  }
  if (host == "localhost" || host == "127.0.0.1") {
    out.endpoint = {asio::ip::address_v4::loopback(), port};
  } else if (host == "[::1]") {
    out.endpoint = {asio::ip::address_v6::loopback(), port};
  } else {
    return std::nullopt;
  }
  return out;
}

result failure(std::string_view what, const beast::error_code& error) {
  return std::unexpected(std::string(what) + ": " + error.message());
}

template <typename Stream>
awaitable<result> exchange(Stream& stream, const address& to, const callback& what) {
  http::request<http::string_body> ask(http::verb::post, to.path, 11);
  ask.set(http::field::host, to.host);
  ask.set(http::field::user_agent, "TwilioProxy/1.1");
  ask.set(http::field::content_type, "application/x-www-form-urlencoded; charset=utf-8");
  ask.set("X-Twilio-Signature", what.signature);
  ask.keep_alive(false);
  ask.body() = what.form;
  ask.prepare_payload();
  const auto [write_error, written] = co_await http::async_write(stream, ask, returning_errors);
  if (write_error) co_return failure("cannot write to the callback", write_error);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(answer_bytes_max);
  const auto [read_error, read] = co_await http::async_read(stream, buffer, answer, returning_errors);
  if (read_error) co_return failure("no answer of the callback", read_error);
  co_return answer.get().result_int();
}

}  // namespace

awaitable<result> post_receipt(callback what) {
  const auto to = read_url(what.url);
  if (!to) co_return std::unexpected("the StatusCallback is no URL on loopback");
  auto executor = co_await asio::this_coro::executor;
  beast::tcp_stream socket(executor);
  socket.expires_after(time_limit);
  const auto [error] = co_await socket.async_connect(to->endpoint, returning_errors);
  if (error) co_return failure("cannot connect to the callback", error);
  if (!to->secure) co_return co_await exchange(socket, *to, what);

  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_none);
  asio::ssl::stream<beast::tcp_stream&> secure(socket, context);
  const auto [handshake_error] = co_await secure.async_handshake(asio::ssl::stream_base::client, returning_errors);
  if (handshake_error) co_return failure("no TLS with the callback", handshake_error);
  co_return co_await exchange(secure, *to, what);
}

}  // namespace sendcode::sandbox
