// A host's name is looked up again, and a look-up that does not end holds nobody beyond its deadline.
#include "worker/adapters/http_client/host_lookup.hpp"

#include <boost/asio/post.hpp>
#include <memory>

#include "tests/catch.hpp"
#include "tests/integration/http/client_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using http_client::host_lookup;
using std::chrono::steady_clock;

namespace {

// Answers at once, or when it is told to.
class held_lookup final : public host_lookup {
 public:
  void start(const ports::origin& of, std::function<void(found)> tell) override {
    ++started;
    asked_for = of.host;
    if (held) {
      waiting = std::move(tell);
    } else {
      boost::asio::post(*context, [tell = std::move(tell), found = answer] { tell(found); });
    }
  }
  void stop() override { waiting = nullptr; }
  void release() { std::exchange(waiting, nullptr)(answer); }

  boost::asio::io_context* context = nullptr;
  int started = 0;
  bool held = false;
  std::string asked_for;
  found answer{std::vector<tcp::endpoint>{}};
  std::function<void(found)> waiting;
};

std::vector<tcp::endpoint> address_of(const scripted_server& server) {
  return {tcp::endpoint(boost::asio::ip::address_v4::loopback(), server.port())};
}

// Each request needs a connection of its own.
void answer_and_close(server_connection& connection) {
  connection.read_request();
  connection.answer("{}", "200 OK", "Connection: close\r\n");
  connection.wait_for_close();
}

}  // namespace

TEST_CASE("a host's name is looked up again once its addresses are 30 s old, and the new ones are used",
          "[https_client]") {
  CHECK(http_client::client_limits{}.addresses_max == 30s);
  constexpr auto age = 300ms;  // instead
  const auto lookup = std::make_shared<held_lookup>();
  world w(answer_and_close, false, {.addresses_max = age}, lookup);
  lookup->context = &w.context;
  w.to.host = "api.twilio.example";
  scripted_server moved(answer_and_close, nullptr);
  lookup->answer = address_of(w.server);
  const auto begin = steady_clock::now();
  REQUIRE(w.ask());
  CHECK(lookup->asked_for == "api.twilio.example");
  lookup->answer = address_of(moved);
  while (lookup->started == 1 && steady_clock::now() < begin + 5s) {
    const auto asked = w.ask();
    REQUIRE(asked);
  }
  CHECK(steady_clock::now() - begin >= age);
  CHECK(lookup->started == 2);
  CHECK(w.server.accepted() > 1);  // meanwhile
  CHECK(moved.accepted() == 1);
}

TEST_CASE("a look-up that does not end holds each exchange up to its own deadline, and is not begun again",
          "[https_client]") {
  const auto lookup = std::make_shared<held_lookup>();
  world w(answer_and_close, false, {}, lookup);
  lookup->context = &w.context;
  w.to.host = "api.twilio.example";
  lookup->held = true;
  for (int i = 0; i < 2; ++i) {
    const auto begin = steady_clock::now();
    const auto got = w.ask(100ms);
    CHECK(steady_clock::now() - begin >= 100ms);
    CHECK(steady_clock::now() - begin < 10s);
    REQUIRE_FALSE(got);
    CHECK(got.error().stage == ports::https_failure::kind::not_sent);
    CHECK(got.error().what == "resolve: deadline passed");
  }
  CHECK(lookup->started == 1);
  CHECK(w.server.accepted() == 0);
  lookup->answer = address_of(w.server);
  lookup->release();  // late: it serves those who come then
  CHECK(w.ask());
  CHECK(lookup->started == 1);
}

TEST_CASE("a look-up that fails is told, and begun again for the next", "[https_client]") {
  const auto lookup = std::make_shared<held_lookup>();
  world w(answer_and_close, false, {}, lookup);
  lookup->context = &w.context;
  w.to.host = "api.twilio.example";
  lookup->answer = std::unexpected("no such host");
  const auto got = w.ask();
  REQUIRE_FALSE(got);
  CHECK(got.error().stage == ports::https_failure::kind::not_sent);
  CHECK(got.error().what == "resolve: no such host");
  lookup->answer = address_of(w.server);
  CHECK(w.ask());
  CHECK(lookup->started == 2);
}
