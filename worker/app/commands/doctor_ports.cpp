#include "worker/app/commands/doctor_ports.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

namespace sendcode::app {
namespace {

using state = finding::state;

constexpr std::chrono::seconds port_ask_most{2};

int bind_to(int socket, const config::host_port& at) {
  if (at.host.find(':') != std::string::npos) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(at.port);
    if (inet_pton(AF_INET6, at.host.c_str(), &address.sin6_addr) != 1) return EINVAL;
    return ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(at.port);
  if (inet_pton(AF_INET, at.host.c_str(), &address.sin_addr) != 1) return EINVAL;
  return ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

std::string text_of(const config::host_port& at) {
  return at.host.find(':') == std::string::npos ? fmt::format("{}:{}", at.host, at.port)
                                                : fmt::format("[{}]:{}", at.host, at.port);
}

// Where to ask what listens on every address.
std::string host_to_ask(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

using answer = std::expected<ports::https_response, ports::https_failure>;

listener who_serves_health(const answer& got) {
  if (!got) return listener::silent;
  if (got->status == 200 && got->body == "ok\n") return listener::worker;
  return got->status == 503 && got->body == "a thread is stuck\n" ? listener::stuck_worker : listener::another;
}

// The webhooks' port says as little as it can: a GET there is not allowed, and has no body.
listener who_serves_webhooks(const answer& got) {
  if (!got) return listener::silent;
  return got->status == 405 && got->body.empty() ? listener::worker : listener::another;
}

class port_examiner {
 public:
  port_examiner(ports::https_client& client, ports::clock& clock, const teller& tell)
      : client_(client), clock_(clock), tell_(tell) {}

  awaitable<void> examine(std::string name, config::host_port at, const std::optional<config::server_tls>& tls,
                          std::string target, listener (*who)(const answer&)) {
    const int error = at.port == 0 ? 0 : try_address(at);
    if (error != EADDRINUSE) {
      tell_(judge_port(name, at, error, std::nullopt));
      co_return;
    }
    // By the certificate itself: no name of it need be this machine's, and its issuer may be anybody.
    const ports::origin to{tls.has_value(), host_to_ask(at.host), at.port, "", tls ? tls->certificate.string() : ""};
    ports::https_request request;
    request.method = "GET";
    request.to = &to;
    request.target = std::move(target);
    const auto got = co_await client_.exchange(request, clock_.steady_now() + port_ask_most);
    // Over TLS nothing is asked before somebody has shown that he has the key of our certificate.
    const bool unheard = tls && !got && got.error().stage == ports::https_failure::kind::unanswered;
    tell_(judge_port(name, at, error, unheard ? listener::unheard_worker : who(got)));
  }

 private:
  ports::https_client& client_;
  ports::clock& clock_;
  const teller& tell_;
};

}  // namespace

int try_address(const config::host_port& at) {
  const int family = at.host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // as the worker does
  const int error = bind_to(socket, at);
  ::close(socket);
  return error;
}

finding judge_port(const std::string& name, const config::host_port& at, int error, std::optional<listener> found) {
  const auto address = text_of(at);
  finding out{.about = "port of " + name};
  if (error == 0) {
    out.detail = at.port == 0 ? "any that is free" : address + " is free";
    return out;
  }
  if (error != EADDRINUSE) {
    out.is = state::wrong;
    out.detail = address + " cannot be taken: " + std::error_code(error, std::generic_category()).message();
    out.advice = error == EACCES          ? "take a port above 1023, or give the worker CAP_NET_BIND_SERVICE"
                 : error == EADDRNOTAVAIL ? "this machine has no such address: correct listen"
                                          : "correct listen";
    return out;
  }
  switch (found.value_or(listener::silent)) {
    case listener::worker:
      out.detail = address + " is a worker's, which is alive";
      break;
    case listener::stuck_worker:
      out.is = state::wrong;
      out.detail = address + " is a worker's that has stuck";
      out.advice = "restart it";
      break;
    case listener::unheard_worker:
      out.is = state::unknown;
      out.detail = address + " is a worker's by its certificate; whether it is alive it did not say";
      out.advice = "where tls.client_ca is set, ask its /livez with a client's certificate; else restart it";
      break;
    case listener::another:
      out.is = state::wrong;
      out.detail = address + " is another program's";
      out.advice = fmt::format("end that (`ss -ltnp 'sport = :{}'` names it), or change listen", at.port);
      break;
    case listener::silent:
      out.is = state::unknown;
      out.detail = address + " is in use, by whom is unknown";
      out.advice = fmt::format("if no worker runs here, `ss -ltnp 'sport = :{}'` names the program", at.port);
      break;
  }
  return out;
}

awaitable<void> examine_ports(ports::https_client& client, ports::clock& clock, const config::worker_config& config,
                              const teller& tell) {
  port_examiner examiner(client, clock, tell);
  const auto& internal = config.internal_http;
  co_await examiner.examine("http.internal", internal.listen, internal.tls, "/livez", &who_serves_health);
  if (!config.webhooks_http) co_return;
  const auto& webhooks = *config.webhooks_http;
  co_await examiner.examine("http.webhooks", webhooks.listen, webhooks.tls, "/webhooks/twilio/", &who_serves_webhooks);
}

}  // namespace sendcode::app
