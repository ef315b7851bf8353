#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <thread>
#include <vector>

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

TEST_CASE("a server that answers the handshake with an alert is sent nothing", "[https_client]") {
  world w(echo);
  const auto refuse = [&](server_connection& connection) { connection.write("\x15\x03\x01\x00\x02\x02\x46"); };
  scripted_server server(refuse, nullptr);
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

TEST_CASE("a reset in the handshake is not sent", "[https_client]") {
  world w(echo);
  scripted_server server([](server_connection& connection) { connection.reset(); }, nullptr);
  w.to.port = server.port();
  CHECK(stage_of(w.ask()) == https_failure::kind::not_sent);
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

TEST_CASE("a process that stood still past a deadline sends nothing more, though a connection has become free",
          "[https_client]") {
  std::atomic<int> requests{0};
  std::atomic<bool> answering{false};
  std::atomic<bool> answered{false};
  world w(
      [&](server_connection& connection) {
        while (!connection.read_request().empty()) {
          ++requests;
          while (!answering) std::this_thread::yield();
          connection.answer("{}");
          answered = true;
        }
      },
      true, {.connections_per_origin_max = 1});
  std::vector<exchanged> got;
  const auto ask = [&](ports::https_request& request, ports::steady_time deadline) -> awaitable<void> {
    got.push_back(co_await w.client.exchange(request, deadline));
  };
  auto first = w.request();
  auto second = w.request();
  const auto deadline = std::chrono::steady_clock::now() + 1s;
  spawn(w.context.get_executor(), "test", ask(first, deadline + 5s));
  spawn(w.context.get_executor(), "test", ask(second, deadline));
  while (requests == 0) w.context.run_one_for(10ms);
  answering = true;
  while (!answered || std::chrono::steady_clock::now() < deadline) std::this_thread::yield();  // as after SIGSTOP
  while (got.size() < 2) w.context.run_one_for(5s);
  CHECK(got[0]);
  CHECK(stage_of(got[1]) == https_failure::kind::not_sent);
  CHECK(requests == 1);
  CHECK(w.ask());  // by the connection that was left alone
  CHECK(w.server.accepted() == 1);
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

TEST_CASE("an exchange that is cancelled while it waits for a connection, or as it gets one, leaves the place free",
          "[https_client]") {
  std::atomic<bool> hold{true};
  world w(
      [&](server_connection& connection) {
        while (!connection.read_request().empty()) {
          while (hold) std::this_thread::yield();
          connection.answer("{}");
        }
      },
      true, {.connections_per_origin_max = 1});
  auto first = w.request();
  auto second = w.request();
  bool served = false;
  bool ended = false;  // by an error, an exception or an answer: whichever the moment of the cancellation made it
  boost::asio::cancellation_signal cancel;
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  const auto use_place = [&]() -> awaitable<void> {
    const auto got = co_await w.client.exchange(first, deadline);
    served = got.has_value();
    cancel.emit(boost::asio::cancellation_type::terminal);  // the place was handed on just now
  };
  const auto wait_for_place = [&]() -> awaitable<void> { co_await w.client.exchange(second, deadline); };
  spawn(w.context.get_executor(), "test", use_place());
  boost::asio::co_spawn(
      w.context, wait_for_place(),
      boost::asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr&) { ended = true; }));
  const bool before = GENERATE(true, false);
  w.context.run_for(50ms);
  if (before) cancel.emit(boost::asio::cancellation_type::terminal);
  hold = false;
  while (!(served && ended) && std::chrono::steady_clock::now() < deadline) w.context.run_one_until(deadline);
  CHECK(served);
  CHECK(ended);
  CHECK(w.ask());
}
