#include <boost/asio/post.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/catch.hpp"
#include "tests/integration/http/certificates.hpp"
#include "tests/integration/http/raw_client.hpp"
#include "tests/integration/http/run.hpp"
#include "worker/adapters/http_client/beast_https_client.hpp"
#include "worker/adapters/http_server/server.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using http_server::request;
using http_server::response;

namespace {

awaitable<response> tell(request& asked) {
  std::string body = asked.method + " " + asked.path + " [" + asked.query + "] " + asked.body;
  co_return response{.status = 200, .content_type = "text/plain", .body = std::move(body), .headers = {}};
}

// A server on a thread of its own.
struct world {
  explicit world(http_server::server_options options = {}, http_server::handler handle = tell) {
    auto opened = http_server::server::open(context, std::move(options), std::move(handle));
    if (!opened) throw std::runtime_error(opened.error());
    server = std::move(*opened);
    server->start();
    thread = std::thread([this] { context.run(); });
  }
  ~world() {
    boost::asio::post(context, [this] { server->stop(); });
    thread.join();  // stop() leaves the context without work
  }
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  boost::asio::io_context context{1};
  std::unique_ptr<http_server::server> server;
  std::thread thread;
};

bool is(const std::string& answer, const std::string& status) {
  return answer.starts_with("HTTP/1.1 " + status);
}

const std::string get = "GET /a/b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("a request reaches the handler, and connections are kept", "[http_server]") {
  world w;
  raw_client client(w.server->port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.ask("POST /a/b?x=1&y HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(is(answer, "200"));
    CHECK(answer.ends_with("\r\n\r\nPOST /a/b [x=1&y] hello"));
    CHECK(answer.find("Cache-Control: no-store\r\n") != std::string::npos);
  }
}

TEST_CASE("requests sent ahead are answered one after another", "[http_server]") {
  world w;
  raw_client client(w.server->port());
  client.send(get + get + "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(client.receive().ends_with("GET /a/b [x=1] "));
  CHECK(client.receive().ends_with("GET /a/b [x=1] "));
  CHECK(client.receive().ends_with("GET /last [] "));
  CHECK(client.closed_by_peer());
}

TEST_CASE("a request may come byte by byte, in chunks, or after 100 Continue", "[http_server]") {
  world w;
  raw_client client(w.server->port());
  for (const char c : get) client.send(std::string(1, c));
  CHECK(is(client.receive(), "200"));
  const auto chunked =
      client.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(chunked.ends_with("POST / [] abcde"));
  CHECK(is(client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"), "100"));
  CHECK(client.ask("ok").ends_with("POST / [] ok"));
}

TEST_CASE("what is too large or no HTTP is refused, and the connection closed", "[http_server]") {
  world w;
  const std::string long_line(17 * 1024, 'x');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16385\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4001\r\n" + long_line, "413"},
      {"GET / HTTP/1.1\r\nX: " + long_line + "\r\n\r\n", "431"},
      {"GET /" + long_line + " HTTP/1.1\r\n\r\n", "431"},
      {"hello\r\n\r\n", "400"},
      {"GET / HTTP/3.7\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
  };
  for (const auto& [bytes, status] : cases) {
    CAPTURE(bytes.substr(0, 60));
    raw_client client(w.server->port());
    CHECK(is(client.ask(bytes), status));
    CHECK(client.closed_by_peer());
  }
  raw_client client(w.server->port());
  CHECK(
      is(client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16384\r\n\r\n" + std::string(16'384, 'y')), "200"));
}

TEST_CASE("a header that is there twice reads as absent", "[http_server]") {
  world w({}, [](request& asked) -> awaitable<response> {
    const std::string value(asked.header("authorization"));
    co_return response{.status = 200, .content_type = "text/plain", .body = "<" + value + ">", .headers = {}};
  });
  raw_client client(w.server->port());
  CHECK(client.ask("GET / HTTP/1.1\r\nAuthorization: a\r\n\r\n").ends_with("<a>"));
  CHECK(client.ask("GET / HTTP/1.1\r\nAuthorization: a\r\nauthorization: b\r\n\r\n").ends_with("<>"));
}

TEST_CASE("a client that stalls within a request is dropped", "[http_server]") {
  world w({.request_time_max = 100ms});
  const std::string part = GENERATE(as<std::string>(), "GET / HT", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel");
  raw_client client(w.server->port());
  client.send(part);
  CHECK(client.closed_by_peer());
}

TEST_CASE("a connection that idles is dropped, before the first request and after", "[http_server]") {
  world w({.idle_max = 100ms});
  raw_client silent(w.server->port());
  raw_client client(w.server->port());
  CHECK(is(client.ask(get), "200"));
  CHECK(client.closed_by_peer());
  CHECK(silent.closed_by_peer());
}

TEST_CASE("connections above the bound are closed at once, and those there go on", "[http_server]") {
  world w({.connections_max = 2});
  raw_client one(w.server->port());
  raw_client two(w.server->port());
  CHECK(is(one.ask(get), "200"));
  CHECK(is(two.ask(get), "200"));
  raw_client three(w.server->port());
  CHECK(three.closed_by_peer());
  CHECK(is(one.ask(get), "200"));
}

TEST_CASE("stopping closes what idles and finishes what is being answered", "[http_server]") {
  boost::asio::io_context context{1};
  std::unique_ptr<http_server::server> server;
  const auto stop_first = [&](request& asked) -> awaitable<response> {
    server->stop();
    co_return co_await tell(asked);
  };
  server = std::move(*http_server::server::open(context, {}, stop_first));
  server->start();
  std::thread thread([&] { context.run(); });
  raw_client idle(server->port());
  raw_client client(server->port());
  const auto answer = client.ask(get);
  CHECK(is(answer, "200"));
  CHECK(answer.find("Connection: close") != std::string::npos);
  CHECK(client.closed_by_peer());
  CHECK(idle.closed_by_peer());
  thread.join();
}

TEST_CASE("an address that is taken or none is told", "[http_server]") {
  world w;
  boost::asio::io_context context;
  const auto taken = http_server::server::open(context, {.port = w.server->port()}, tell);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().find(std::to_string(w.server->port())) != std::string::npos);
  CHECK_FALSE(http_server::server::open(context, {.address = "localhost"}, tell));
}

TEST_CASE("TLS is served, and with a client CA only to those who show a certificate", "[http_server]") {
  const auto ca = make_ca("test CA");
  const auto identity = issue(ca, "DNS:localhost");
  const temporary_file ca_file(certificate_pem(ca));
  const temporary_file certificate(certificate_pem(identity));
  const temporary_file key(key_pem(identity));
  const bool clients_need_one = GENERATE(false, true);
  http_server::server_options options;
  options.tls = {certificate.path(), key.path(), clients_need_one ? ca_file.path() : ""};
  world w(std::move(options));

  boost::asio::io_context context;
  http_client::beast_https_client client(context);
  const ports::origin to{true, "localhost", w.server->port(), ca_file.path()};
  for (int i = 0; i < 2; ++i) {
    ports::https_request asked;
    asked.method = "POST";
    asked.to = &to;
    asked.target = "/x";
    asked.body = "hello";
    const auto got = run(context, client.exchange(asked, std::chrono::steady_clock::now() + 5s));
    if (clients_need_one) {
      CHECK_FALSE(got);
    } else {
      REQUIRE(got);
      CHECK(got->body == "POST /x [] hello");
    }
  }
  client.close();
}

TEST_CASE("a certificate that is renewed is shown to who comes next, once its key is there too", "[http_server]") {
  const auto old_ca = make_ca("old CA");
  const auto old_one = issue(old_ca, "DNS:localhost");
  const auto new_ca = make_ca("new CA");
  const auto new_one = issue(new_ca, "DNS:localhost");
  const temporary_file old_ca_file(certificate_pem(old_ca));
  const temporary_file new_ca_file(certificate_pem(new_ca));
  const temporary_file certificate(certificate_pem(old_one));
  const temporary_file key(key_pem(old_one));
  http_server::server_options options;
  options.tls = {certificate.path(), key.path(), ""};
  options.identity_interval = 5ms;
  world w(std::move(options));

  boost::asio::io_context context;
  const auto answers = [&](http_client::beast_https_client& client, const std::string& ca_file) {
    const ports::origin to{true, "localhost", w.server->port(), ca_file};
    ports::https_request asked;
    asked.method = "GET";
    asked.to = &to;
    asked.target = "/x";
    return run(context, client.exchange(asked, std::chrono::steady_clock::now() + 5s)).has_value();
  };
  const auto answers_anew = [&](const std::string& ca_file) {
    http_client::beast_https_client client(context);
    const bool out = answers(client, ca_file);
    client.close();
    return out;
  };
  http_client::beast_https_client kept(context);
  REQUIRE(answers(kept, old_ca_file.path()));
  REQUIRE_FALSE(answers_anew(new_ca_file.path()));

  std::ofstream(certificate.path()) << certificate_pem(new_one);  // its key is to come
  const auto looked_at = std::chrono::steady_clock::now() + 100ms;
  while (std::chrono::steady_clock::now() < looked_at) REQUIRE(answers_anew(old_ca_file.path()));

  std::ofstream(key.path()) << key_pem(new_one);
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (!answers_anew(new_ca_file.path())) REQUIRE(std::chrono::steady_clock::now() < until);
  CHECK_FALSE(answers_anew(old_ca_file.path()));
  CHECK(answers(kept, old_ca_file.path()));
  kept.close();
}

TEST_CASE("TLS files that cannot be read are named", "[http_server]") {
  boost::asio::io_context context;
  http_server::server_options options;
  options.tls = {"/nonexistent/cert.pem", "/nonexistent/key.pem", ""};
  const auto opened = http_server::server::open(context, std::move(options), tell);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().find("/nonexistent/cert.pem") != std::string::npos);
}
