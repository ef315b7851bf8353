#include "tests/catch.hpp"
#include "tests/integration/http/client_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using ports::https_failure;

namespace {

https_failure::kind stage_of(const exchanged& result) {
  REQUIRE_FALSE(result);
  INFO(result.error().what);
  return result.error().stage;
}

}  // namespace

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

TEST_CASE("the deadline holds in the handshake", "[https_client]") {
  world w(echo);
  scripted_server silent([](server_connection& connection) { connection.wait_for_close(); }, nullptr);
  w.to.port = silent.port();
  const auto began = std::chrono::steady_clock::now();
  const auto got = w.ask(1s);
  CHECK(stage_of(got) == https_failure::kind::not_sent);
  CHECK(got.error().what == "TLS: deadline passed");
  CHECK(std::chrono::steady_clock::now() - began < 10s);
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
  CHECK(stage_of(w.ask(1s)) == https_failure::kind::unanswered);
  auto asked = w.request();
  const auto got = w.ask(asked, 1s);  // read by the script, and not answered: a connection of its own all the same
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
  REQUIRE(w.ask(60s));  // its timer stays armed for 60 s
  const auto began = std::chrono::steady_clock::now();
  CHECK(stage_of(w.ask(100ms)) == https_failure::kind::unanswered);
  CHECK(std::chrono::steady_clock::now() - began < 10s);
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
  const auto got = w.ask(1s);
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
