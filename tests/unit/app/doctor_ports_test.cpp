#include "worker/app/commands/doctor_ports.hpp"

#include <cerrno>

#include "tests/catch.hpp"

using namespace sendcode;
using app::listener;
using state = app::finding::state;

namespace {

app::finding of(int error, std::optional<listener> found = {}, std::uint16_t port = 9464) {
  return app::judge_port("http.internal", {"127.0.0.1", port}, error, found);
}

}  // namespace

TEST_CASE("a port is well if it is free, or a worker's") {
  CHECK(of(0).is == state::ok);
  CHECK(of(0).about == "port of http.internal");
  CHECK(of(0).detail == "127.0.0.1:9464 is free");
  CHECK(of(0, {}, 0).detail == "any that is free");
  CHECK(of(EADDRINUSE, listener::worker).is == state::ok);
  CHECK(of(EADDRINUSE, listener::worker).detail == "127.0.0.1:9464 is a worker's, which is alive");
  CHECK(app::judge_port("a", {"::", 1}, 0, {}).detail == "[::]:1 is free");
}

TEST_CASE("a port that cannot be taken is told with what to do about it") {
  CHECK(of(EADDRINUSE, listener::stuck_worker).advice == "restart it");
  CHECK(of(EADDRINUSE, listener::unheard_worker).is == state::unknown);
  const auto others = of(EADDRINUSE, listener::another);
  CHECK(others.is == state::wrong);
  CHECK(others.advice.find("ss -ltnp 'sport = :9464'") != std::string::npos);
  CHECK(of(EADDRINUSE, listener::silent).is == state::unknown);
  CHECK(of(EACCES).advice.find("CAP_NET_BIND_SERVICE") != std::string::npos);
  CHECK(of(EADDRNOTAVAIL).advice.find("no such address") != std::string::npos);
}

TEST_CASE("an address is tried without keeping it, and one that this machine doesn't have cannot be taken") {
  CHECK(app::try_address({"127.0.0.1", 0}) == 0);
  CHECK(app::try_address({"192.0.2.1", 9464}) == EADDRNOTAVAIL);
}
