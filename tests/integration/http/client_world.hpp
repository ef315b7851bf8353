#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "tests/integration/http/run.hpp"
#include "tests/integration/http/scripted_server.hpp"
#include "worker/adapters/http_client/beast_https_client.hpp"

namespace sendcode::tests {

using exchanged = std::expected<ports::https_response, ports::https_failure>;

// A client, and a server that it trusts unless a test says otherwise.
struct world {
  explicit world(scripted_server::script script, bool tls = true, http_client::client_limits limits = {},
                 std::shared_ptr<http_client::host_lookup> lookup = nullptr)
      : server(std::move(script), tls ? &identity : nullptr), client(context, limits, std::move(lookup)) {
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
  exchanged ask(std::chrono::milliseconds within = std::chrono::seconds{5}) {
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

inline void echo(server_connection& connection) {
  while (!connection.read_request().empty()) connection.answer("{}");
}

}  // namespace sendcode::tests
