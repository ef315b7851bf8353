#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "tests/catch.hpp"
#include "tests/integration/http/run.hpp"
#include "tests/integration/http/scripted_server.hpp"
#include "worker/adapters/http_client/beast_https_client.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using ports::https_failure;

namespace {

using exchanged = std::expected<ports::https_response, https_failure>;

// A client, and a server that it trusts unless a test says otherwise.
struct world {
  explicit world(scripted_server::script script, bool tls = true, http_client::client_limits limits = {})
      : server(std::move(script), tls ? &identity : nullptr), client(context, limits) {
    to = {.tls = tls, .host = "localhost", .port = server.port(), .ca_file = tls ? ca_file.path() : ""};
  }
  ~world() { client.close(); }
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  ports::https_request request(std::string body = "To=1&Body=123456") {
    ports::https_request out;
    out.method = "POST";
    out.to = &to;
    out.target = "/messages";
    out.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    out.body = std::move(body);
    return out;
  }
  exchanged ask(std::chrono::milliseconds within = 5s) {
    auto asked = request();
    return ask(asked, within);
  }
  exchanged ask(ports::https_request& asked, std::chrono::milliseconds within) {
    return run(context, client.exchange(asked, std::chrono::steady_clock::now() + within));
  }

  key_and_certificate ca = make_ca("test CA");
  temporary_file ca_file{certificate_pem(ca)};
  key_and_certificate identity = issue(ca, "DNS:localhost,IP:127.0.0.1");
  boost::asio::io_context context;
  scripted_server server;
  http_client::beast_https_client client;
  ports::origin to;
};

void echo(server_connection& connection) {
  while (!connection.read_request().empty()) connection.answer("{}");
}

https_failure::kind stage_of(const exchanged& result) {
  REQUIRE_FALSE(result);
  INFO(result.error().what);
  return result.error().stage;
}

}  // namespace

TEST_CASE("a request arrives as it was given, and its body is wiped", "[https_client]") {
  std::string seen;
  const bool tls = GENERATE(true, false);
  world w(
      [&](server_connection& connection) {
        seen = connection.read_request();
        connection.answer(R"({"sid":"SM1"})", "201 Created", "Retry-After: 7\r\n");
        connection.wait_for_close();
      },
      tls);
  auto asked = w.request();
  const auto got = w.ask(asked, 5s);
  REQUIRE(got);
  CHECK(got->status == 201);
  CHECK(got->complete);
  CHECK(got->body == R"({"sid":"SM1"})");
  CHECK(got->retry_after == "7");
  CHECK(asked.body.empty());
  CHECK(seen ==
        "POST /messages HTTP/1.1\r\nHost: localhost:" + std::to_string(w.server.port()) +
            "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 16\r\n\r\nTo=1&Body=123456");
}

TEST_CASE("RateLimit-Reset stands in for Retry-After, and does not replace it", "[https_client]") {
  const bool both = GENERATE(true, false);
  world w([&](server_connection& connection) {
    connection.read_request();
    connection.answer("", "429 Too Many Requests",
                      both ? "Retry-After: 2\r\nRateLimit-Reset: 30\r\n" : "ratelimit-reset: 30\r\n");
    connection.wait_for_close();
  });
  const auto got = w.ask();
  REQUIRE(got);
  CHECK(got->retry_after == (both ? "2" : "30"));
}

TEST_CASE("a connection is kept and used again", "[https_client]") {
  world w(echo, GENERATE(true, false));
  for (int i = 0; i < 5; ++i) REQUIRE(w.ask());
  CHECK(w.server.accepted() == 1);
}

TEST_CASE("the address in the certificate is checked too", "[https_client]") {
  world w(echo);
  w.to.host = "127.0.0.1";
  CHECK(w.ask());
}

TEST_CASE("of idle connections the one used last is used first", "[https_client]") {
  std::atomic<int> last{-1};
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};
  world w([&](server_connection& connection) {
    for (bool first = true; !connection.read_request().empty(); first = false) {
      last = connection.number();
      if (first) ++asked;
      // Both at once, so that there are two connections; the second answers once the first one's answer was taken.
      while (first && (asked < 2 || answered < connection.number())) std::this_thread::yield();
      connection.answer("{}");
    }
  });
  auto one = w.request();
  auto two = w.request();
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  const auto ask = [&](ports::https_request& request) -> awaitable<void> {
    const auto got = co_await w.client.exchange(request, deadline);
    CHECK(got);
    ++answered;
  };
  spawn(w.context.get_executor(), "test", ask(one));
  spawn(w.context.get_executor(), "test", ask(two));
  while (answered < 2) w.context.run_one_until(deadline);
  for (int i = 0; i < 4; ++i) {
    REQUIRE(w.ask());
    CHECK(last == 1);
  }
  CHECK(w.server.accepted() == 2);
}

TEST_CASE("an idle connection is dropped after its time", "[https_client]") {
  std::atomic<bool> closed{false};
  world w(
      [&](server_connection& connection) {
        echo(connection);
        closed = true;
      },
      GENERATE(true, false), {.idle_max = 50ms});
  REQUIRE(w.ask());
  w.context.restart();
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (!closed && std::chrono::steady_clock::now() < until) w.context.run_one_for(10ms);
  CHECK(closed);
  REQUIRE(w.ask());
  CHECK(w.server.accepted() == 2);
}

TEST_CASE("a connection that the server closed, or spoke on unasked, is not used again", "[https_client]") {
  std::atomic<int> done{0};
  const bool speaks = GENERATE(true, false);
  world w(
      [&](server_connection& connection) {
        connection.read_request();
        connection.answer("{}");
        if (speaks) connection.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
        ++done;
        if (speaks) connection.wait_for_close();
      },
      GENERATE(true, false));
  for (int i = 1; i <= 3; ++i) {
    REQUIRE(w.ask());
    while (done < i) std::this_thread::yield();
    std::this_thread::yield();
  }
  CHECK(w.server.accepted() == 3);
}

TEST_CASE("Connection: close ends the connection", "[https_client]") {
  world w([](server_connection& connection) {
    connection.read_request();
    connection.answer("{}", "200 OK", "Connection: close\r\n");
    connection.wait_for_close();
  });
  REQUIRE(w.ask());
  REQUIRE(w.ask());
  CHECK(w.server.accepted() == 2);
}

TEST_CASE("a later connection resumes the TLS session", "[https_client]") {
  std::atomic<int> resumed{0};
  world w([&](server_connection& connection) {
    if (connection.resumed()) ++resumed;
    connection.read_request();
    connection.answer("{}", "200 OK", "Connection: close\r\n");
    connection.wait_for_close();
  });
  for (int i = 0; i < 3; ++i) REQUIRE(w.ask());
  CHECK(resumed == 2);
}

TEST_CASE("a certificate for another host, or of an unknown CA, takes no request", "[https_client]") {
  std::atomic<bool> asked{false};
  world w([&](server_connection& connection) { asked = !connection.read_request().empty(); });
  const temporary_file other_ca(certificate_pem(make_ca("another CA")));
  SECTION("another CA") {
    w.to.ca_file = other_ca.path();
  }
  SECTION("the system's CAs") {
    w.to.ca_file = "";
  }
  SECTION("no CA file") {
    w.to.ca_file = "/nonexistent/ca.pem";
  }
  CHECK(stage_of(w.ask()) == https_failure::kind::not_sent);
  CHECK_FALSE(asked);
}

TEST_CASE("a certificate for another host name takes no request", "[https_client]") {
  std::atomic<bool> asked{false};
  const auto ca = make_ca("test CA");
  const temporary_file ca_file(certificate_pem(ca));
  const auto identity = issue(ca, GENERATE(as<std::string>(), "DNS:example.com", "DNS:*.localhost", "IP:127.0.0.1"));
  scripted_server server([&](server_connection& connection) { asked = !connection.read_request().empty(); }, &identity);
  world w(echo);
  w.to.ca_file = ca_file.path();
  w.to.port = server.port();
  const auto got = w.ask();
  CHECK(stage_of(got) == https_failure::kind::not_sent);
  CHECK(got.error().what.find("certificate") != std::string::npos);
  CHECK_FALSE(asked);
}

TEST_CASE("TLS below 1.2 is refused", "[https_client]") {
  world w(echo);
  const auto old = [&](server_connection& connection) { connection.write("\x15\x03\x01\x00\x02\x02\x46"); };
  scripted_server server(old, nullptr);
  w.to.port = server.port();
  CHECK(stage_of(w.ask()) == https_failure::kind::not_sent);
}

TEST_CASE("nobody listening, and a name that does not exist, are not sent", "[https_client]") {
  world w(echo);
  SECTION("refused") {
    w.to.port = 1;
  }
  SECTION("no such name") {
    w.to.host = "no-such-host.invalid";
  }
  CHECK(stage_of(w.ask()) == https_failure::kind::not_sent);
}

TEST_CASE("the deadline holds in the handshake", "[https_client]") {
  world w(echo);
  scripted_server silent([](server_connection& connection) { connection.wait_for_close(); }, nullptr);
  w.to.port = silent.port();
  const auto began = std::chrono::steady_clock::now();
  const auto got = w.ask(150ms);
  CHECK(stage_of(got) == https_failure::kind::not_sent);
  CHECK(got.error().what == "TLS: deadline passed");
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("a deadline that has passed sends nothing", "[https_client]") {
  world w(echo);
  CHECK(stage_of(w.ask(-1ms)) == https_failure::kind::not_sent);
  CHECK(w.server.accepted() == 0);
}

TEST_CASE("the deadline holds while the answer is awaited, and the connection is gone then", "[https_client]") {
  world w(
      [](server_connection& connection) {
        connection.read_request();
        if (connection.number() == 0) return connection.wait_for_close();
        echo(connection);
      },
      GENERATE(true, false));
  CHECK(stage_of(w.ask(150ms)) == https_failure::kind::unanswered);
  auto asked = w.request();
  const auto got = w.ask(asked, 200ms);  // read by the script, and not answered: a connection of its own all the same
  CHECK_FALSE(got);
  CHECK(w.server.accepted() == 2);
}

TEST_CASE("an early deadline on a kept connection holds", "[https_client]") {
  world w([](server_connection& connection) {
    connection.read_request();
    connection.answer("{}");
    connection.read_request();
    connection.wait_for_close();
  });
  REQUIRE(w.ask(5s));  // its timer stays armed for 5 s
  const auto began = std::chrono::steady_clock::now();
  CHECK(stage_of(w.ask(100ms)) == https_failure::kind::unanswered);
  CHECK(std::chrono::steady_clock::now() - began < 2s);
  CHECK(w.server.accepted() == 1);
}

TEST_CASE("a reset before the request was read is unanswered, and so is one after", "[https_client]") {
  const bool read_first = GENERATE(true, false);
  world w(
      [&](server_connection& connection) {
        if (read_first) connection.read_request();
        connection.reset();
      },
      GENERATE(true, false));
  const auto got = w.ask();
  REQUIRE_FALSE(got);
  // Before it was read the write may have failed or not; once it was read there is no doubt.
  if (read_first) CHECK(got.error().stage == https_failure::kind::unanswered);
}

TEST_CASE("a reset in the handshake is not sent", "[https_client]") {
  world w(echo);
  scripted_server server([](server_connection& connection) { connection.reset(); }, nullptr);
  w.to.port = server.port();
  CHECK(stage_of(w.ask()) == https_failure::kind::not_sent);
}

TEST_CASE("a request that the peer never takes whole is not sent", "[https_client]") {
  world w([](server_connection& connection) { connection.read_request(); }, false);
  std::atomic<bool> over{false};
  scripted_server stuffed(
      [&](server_connection&) {
        while (!over) std::this_thread::yield();
      },
      nullptr);
  w.to.port = stuffed.port();
  auto asked = w.request(std::string(64 * 1024 * 1024, 'x'));
  const auto got = w.ask(asked, 300ms);
  over = true;
  CHECK(stage_of(got) == https_failure::kind::not_sent);
  CHECK(asked.body.empty());
}

TEST_CASE("a body cut short keeps its status and is not complete", "[https_client]") {
  const std::string head = GENERATE(as<std::string>(), "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"sid\"",
                                    "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"si");
  world w(
      [&](server_connection& connection) {
        connection.read_request();
        connection.write(head);
      },
      GENERATE(true, false));
  const auto got = w.ask();
  REQUIRE(got);
  CHECK(got->status == 201);
  CHECK_FALSE(got->complete);
}

TEST_CASE("a body that does not come in time keeps its status and is not complete", "[https_client]") {
  world w([](server_connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{");
    connection.wait_for_close();
  });
  const auto got = w.ask(200ms);
  REQUIRE(got);
  CHECK(got->status == 201);
  CHECK_FALSE(got->complete);
}

TEST_CASE("a header cut short, too long or malformed is unanswered", "[https_client]") {
  const std::string bytes = GENERATE(as<std::string>(), "HTTP/1.1 201 Created\r\nContent-Le",
                                     "HTTP/1.1 201 Created\r\nX: " + std::string(17 * 1024, 'x') + "\r\n\r\n",
                                     "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "");
  world w([&](server_connection& connection) {
    connection.read_request();
    connection.write(bytes);
  });
  CHECK(stage_of(w.ask()) == https_failure::kind::unanswered);
}

TEST_CASE("a body above the limit is cut off, whether or not its length is told", "[https_client]") {
  const bool told = GENERATE(true, false);
  world w([&](server_connection& connection) {
    connection.read_request();
    const std::string body(ports::response_body_max + 1, 'x');
    if (told) return connection.answer(body);
    connection.write("HTTP/1.1 200 OK\r\n\r\n" + body);
  });
  const auto got = w.ask();
  REQUIRE(got);
  CHECK(got->status == 200);
  CHECK_FALSE(got->complete);
  CHECK(got->body.size() <= ports::response_body_max);
  REQUIRE(w.ask());
  CHECK(w.server.accepted() == 2);
}

TEST_CASE("a body at the limit, in chunks, and one that ends with the connection are whole", "[https_client]") {
  const std::string body(ports::response_body_max, 'y');
  const bool tls = GENERATE(true, false);
  const int shape = GENERATE(0, 1, 2);
  world w(
      [&](server_connection& connection) {
        connection.read_request();
        if (shape == 0) connection.answer(body);
        if (shape == 1) {
          connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + body.substr(0, 0x20000));
          connection.write("\r\n20000\r\n" + body.substr(0x20000) + "\r\n0\r\n\r\n");
        }
        if (shape == 2) connection.write("HTTP/1.1 200 OK\r\n\r\nshort");
        if (shape != 2) connection.wait_for_close();
      },
      tls);
  const auto got = w.ask();
  REQUIRE(got);
  if (shape == 2) {
    CHECK(got->body == "short");
    CHECK(got->complete == !tls);  // over TLS the server must say goodbye: else anybody could cut it off
  } else {
    CHECK(got->complete);
    CHECK(got->body == body);
  }
}

TEST_CASE("interim answers are passed over, but not for ever", "[https_client]") {
  const int interim = GENERATE(1, 3, 20);
  world w([&](server_connection& connection) {
    connection.read_request();
    for (int i = 0; i < interim; ++i) connection.write("HTTP/1.1 100 Continue\r\n\r\n");
    connection.answer("{}", "201 Created");
    connection.wait_for_close();
  });
  const auto got = w.ask();
  if (interim == 20) {
    CHECK(stage_of(got) == https_failure::kind::unanswered);
  } else {
    REQUIRE(got);
    CHECK(got->status == 201);
  }
}

TEST_CASE("an answer is read however its bytes are cut", "[https_client]") {
  const bool tls = GENERATE(true, false);
  world w(
      [](server_connection& connection) {
        while (!connection.read_request().empty()) {
          for (const char c :
               std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"))
            connection.write(std::string(1, c));
        }
      },
      tls);
  for (int i = 0; i < 2; ++i) {
    const auto got = w.ask();
    REQUIRE(got);
    CHECK(got->body == "abc");
  }
  CHECK(w.server.accepted() == 1);
}

TEST_CASE("a redirect is handed on, never followed", "[https_client]") {
  world w([](server_connection& connection) {
    while (!connection.read_request().empty()) connection.answer("", "307 Temporary Redirect", "Location: /other\r\n");
  });
  const auto got = w.ask();
  REQUIRE(got);
  CHECK(got->status == 307);
}

TEST_CASE("no more connections than the bound, and those who wait get one or their deadline", "[https_client]") {
  std::atomic<bool> answering{true};
  world w(
      [&](server_connection& connection) {
        while (!connection.read_request().empty()) {
          if (!answering) return connection.wait_for_close();
          connection.answer("{}");
        }
      },
      true, {.connections_per_origin_max = 3});
  std::vector<ports::https_request> asked(30);
  int good = 0;
  int bad = 0;
  const auto ask = [&](ports::https_request& request, ports::steady_time deadline) -> awaitable<void> {
    const auto got = co_await w.client.exchange(request, deadline);
    ++(got ? good : bad);
    if (!got && got.error().what.starts_with("pool")) CHECK(got.error().stage == https_failure::kind::not_sent);
  };
  const auto ask_all = [&](std::chrono::milliseconds within) {
    good = bad = 0;
    const auto deadline = std::chrono::steady_clock::now() + within;
    for (auto& request : asked) {
      request = w.request();
      spawn(w.context.get_executor(), "test", ask(request, deadline));
    }
    while (good + bad < 30) w.context.run_one_for(5s);
  };
  ask_all(5s);
  CHECK(good == 30);
  CHECK(w.server.accepted() <= 3);
  answering = false;
  ask_all(200ms);
  CHECK(bad == 30);
  CHECK(w.server.accepted() <= 3);
  answering = true;
  ask_all(5s);  // the places came back
  CHECK(good == 30);
}

TEST_CASE("a client may go while exchanges are under way", "[https_client]") {
  world w([](server_connection& connection) {
    connection.read_request();
    connection.wait_for_close();
  });
  auto asked = w.request();
  {
    boost::asio::io_context context;
    http_client::beast_https_client client(context);
    const auto ask = [&]() -> awaitable<void> {
      co_await client.exchange(asked, std::chrono::steady_clock::now() + 5s);
    };
    spawn(context.get_executor(), "test", ask());
    const auto until = std::chrono::steady_clock::now() + 3s;
    while (w.server.accepted() == 0 && std::chrono::steady_clock::now() < until) context.run_one_for(10ms);
    context.run_for(20ms);
  }
  CHECK(asked.body.empty());
}
