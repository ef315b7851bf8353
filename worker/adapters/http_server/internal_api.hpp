#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "worker/adapters/http_server/api_tokens.hpp"
#include "worker/adapters/http_server/server.hpp"
#include "worker/ports/challenge_desk.hpp"
#include "worker/ports/code_checker.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::http_server {

constexpr int requests_per_token_and_second = 500;

// The internal port (schemas/openapi.yaml): /livez, /readyz, /metrics, and with a bearer token what stands under /v1:
// checking codes, looking after challenges, unlocking phones. One thread, the server's; pass handle() to it.
class internal_api {
 public:
  struct parts {
    std::function<bool()> alive;  // false: a thread is stuck, and only a restart helps
    std::function<bool()> ready;
    std::function<std::string()> metrics;  // Prometheus' text format
    ports::code_checker* checker = nullptr;
    ports::challenge_desk* desk = nullptr;
    ports::clock* clock = nullptr;
  };
  // What `with` names must outlive it.
  explicit internal_api(parts with) : with_(std::move(with)) {}
  internal_api(const internal_api&) = delete;
  internal_api& operator=(const internal_api&) = delete;

  // Takes the tokens into force; none before the first call, so that every request under /v1 is a 401.
  void use_tokens(api_tokens tokens);

  awaitable<response> handle(request& asked);

 private:
  // So many requests at once, and so many more each second.
  struct budget {
    double left = requests_per_token_and_second;
    ports::steady_time filled_at{};
  };
  using token_ptr = std::shared_ptr<const api_token>;

  bool within_rate(const std::string& token_id);
  // The token, if it is good for `what`; else the answer. It stays while the request is answered, though others take
  // its place.
  std::expected<token_ptr, response> authorize(const request& asked, scope what);
  awaitable<response> challenge(std::string id, request& asked);
  awaitable<response> check(std::string challenge_id, request& asked);
  awaitable<response> look(std::string challenge_id, request& asked);
  awaitable<response> cancel(std::string challenge_id, request& asked);
  awaitable<response> unlock(request& asked);

  parts with_;
  std::shared_ptr<const api_tokens> tokens_ = std::make_shared<const api_tokens>();
  std::map<std::string, budget> budgets_;  // by token id; only of tokens in force
};

}  // namespace sendcode::http_server
