#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <stdexcept>

#include "bench/load/commands.hpp"
#include "bench/load/events.hpp"
#include "bench/load/process_cpu.hpp"
#include "common/async/spawn.hpp"
#include "common/bytes.hpp"
#include "common/url.hpp"

namespace sendcode::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using tls_stream = asio::ssl::stream<tcp::socket>;
using std::chrono::steady_clock;

constexpr const char* target = "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json";
// As long as that of an account with an auth token.
constexpr const char* authorization =
    "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==";

struct measured {
  std::uint64_t left_to_begin;
  std::uint64_t left_to_end;
  std::uint64_t phone;
  std::uint64_t counted_from;  // measuring begins when so many are left to end
  std::optional<std::chrono::microseconds> cpu_began{};
  steady_clock::time_point began{};
};

// The worker's own form, octet for octet but for the number and the code.
std::string make_form(std::uint64_t phone) {
  std::string form = "To=";
  append_form_encoded(form, phone_of(phone));
  form +=
      "&MessagingServiceSid=MG0123456789abcdef0123456789abcdef&Body=Your+verification+code+is+123456"
      "&ValidityPeriod=7199&Attempt=1";
  return form;
}

void begin_counting(measured& all) {
  all.cpu_began = process_cpu();
  all.began = steady_clock::now();
}

awaitable<void> post_one_after_another(measured& all, tcp::resolver::results_type addresses, std::string host,
                                       asio::ssl::context& tls) {
  tls_stream stream(co_await asio::this_coro::executor, tls);
  SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
  stream.set_verify_callback(asio::ssl::host_name_verification(host));
  co_await asio::async_connect(stream.next_layer(), addresses, use_awaitable);
  stream.next_layer().set_option(tcp::no_delay(true));
  co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);

  boost::beast::flat_buffer buffer;
  while (all.left_to_begin > 0) {
    --all.left_to_begin;
    http::request<http::string_body> request(http::verb::post, target, 11);
    request.set(http::field::host, host);
    request.set(http::field::authorization, authorization);
    request.set(http::field::accept, "application/json");
    request.set(http::field::user_agent, "sendcode");
    request.set(http::field::content_type, "application/x-www-form-urlencoded");
    request.body() = make_form(all.phone++);
    request.prepare_payload();
    co_await http::async_write(stream, request, use_awaitable);
    http::response<http::string_body> response;
    co_await http::async_read(stream, buffer, response, use_awaitable);
    if (response.result() != http::status::created) throw std::runtime_error("the sender refused a text");
    // Whoever sends must know the text's name.
    const auto answer = nlohmann::json::parse(response.body());
    if (!answer.at("sid").get_ref<const std::string&>().starts_with("SM")) throw std::runtime_error("no sid");
    if (--all.left_to_end == all.counted_from) begin_counting(all);
  }
}

}  // namespace

nlohmann::json measure_http_floor(const http_floor_options& options) {
  const auto url = parse_url(options.base_url);
  if (!url) throw std::runtime_error("--url: " + url.error());
  asio::io_context context(1);
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.load_verify_file(options.ca_file);
  tls.set_verify_mode(asio::ssl::verify_peer);
  tcp::resolver resolver(context);
  const auto addresses = resolver.resolve(url->host, std::to_string(url->port));

  const auto all_texts = options.warm_up + options.count;
  measured all{
      .left_to_begin = all_texts, .left_to_end = all_texts, .phone = options.first, .counted_from = options.count};
  if (options.warm_up == 0) begin_counting(all);
  for (std::uint64_t i = 0; i < options.connections; ++i) {
    spawn(context.get_executor(), "post", post_one_after_another(all, addresses, url->host, tls));
  }
  context.run();
  if (all.left_to_end != 0 || !all.cpu_began) throw std::runtime_error("the sender did not take every text");
  const auto cpu = process_cpu() - *all.cpu_began;
  const std::chrono::duration<double> took = steady_clock::now() - all.began;
  return {{"events", options.count}, {"cpu_us", cpu.count()}, {"seconds", took.count()}};
}

}  // namespace sendcode::bench
