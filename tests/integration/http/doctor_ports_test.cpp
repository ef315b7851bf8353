// Whose a port is, as `sendcode doctor` finds out, over real sockets and TLS.
#include "worker/app/commands/doctor_ports.hpp"

#include <stdexcept>

#include "tests/catch.hpp"
#include "tests/integration/http/client_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using state = app::finding::state;

namespace {

class real_clock final : public ports::clock {
 public:
  timestamp now() const override { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }
  ports::steady_time steady_now() const override { return std::chrono::steady_clock::now(); }
  awaitable<void> sleep_until(ports::steady_time) override { throw std::logic_error("nobody is to wait"); }
};

// A port of ours that a server listens on, with a certificate of some CA for a public name.
struct ports_world {
  explicit ports_world(scripted_server::script script) : server(std::move(script), &identity) {}

  std::vector<app::finding> examine(const std::string& certificate) {
    config::worker_config config;
    config.internal_http.listen = {"127.0.0.1", server.port()};
    config.internal_http.tls = config::server_tls{.certificate = certificate, .key = {}, .client_ca = {}};
    std::vector<app::finding> out;
    const app::teller tell = [&](app::finding found) { out.push_back(std::move(found)); };
    const auto work = [&]() -> awaitable<bool> {
      co_await app::examine_ports(client, clock, config, tell);
      co_return true;
    };
    run(context, work());
    client.close();
    return out;
  }

  key_and_certificate ca = make_ca("test CA");
  key_and_certificate identity = issue(ca, "DNS:hooks.example.com");
  boost::asio::io_context context;
  real_clock clock;
  scripted_server server;
  http_client::beast_https_client client{context};
};

void alive(server_connection& connection) {
  while (!connection.read_request().empty()) connection.answer("ok\n");
}

}  // namespace

TEST_CASE("a worker's TLS port is known by its certificate, whoever signed it and whatever it names", "[doctor]") {
  ports_world w(alive);
  // The file as it is served: the certificate, and behind it the CA's.
  const temporary_file ours(certificate_pem(w.identity) + certificate_pem(w.ca));
  const auto found = w.examine(ours.path());
  REQUIRE(found.size() == 1);
  INFO(found[0].detail);
  CHECK(found[0].is == state::ok);
  CHECK(found[0].detail.ends_with("is a worker's, which is alive"));
}

TEST_CASE("a TLS port with another certificate is not taken for ours, be it of the same CA", "[doctor]") {
  ports_world w(alive);
  const temporary_file another(certificate_pem(issue(w.ca, "DNS:hooks.example.com")) + certificate_pem(w.ca));
  const auto found = w.examine(another.path());
  REQUIRE(found.size() == 1);
  CHECK(found[0].is == state::unknown);
  CHECK(found[0].detail.ends_with("by whom is unknown"));
}

TEST_CASE("a worker that answers nobody without a client's certificate is known all the same", "[doctor]") {
  ports_world w([](server_connection& connection) { connection.read_request(); });
  const temporary_file ours(certificate_pem(w.identity));
  const auto found = w.examine(ours.path());
  REQUIRE(found.size() == 1);
  INFO(found[0].detail);
  CHECK(found[0].is == state::unknown);
  CHECK(found[0].detail.find("is a worker's by its certificate") != std::string::npos);
}
