#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/secret.hpp"
#include "worker/ports/https_client.hpp"

namespace sendcode::tests {

// Keeps what it was asked, and answers by a script: one entry an exchange, in order; without an entry left nothing is
// sent.
class fake_https_client final : public ports::https_client {
 public:
  using result = std::expected<ports::https_response, ports::https_failure>;

  struct seen {
    ports::origin to;
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    ports::steady_time deadline;

    std::string header(std::string_view name) const {
      for (const auto& [key, value] : headers) {
        if (key == name) return value;
      }
      return {};
    }
  };

  void answers(unsigned status, std::string body, std::string retry_after = "", bool complete = true) {
    script.emplace_back(ports::https_response{status, std::move(retry_after), std::move(body), complete});
  }
  void fails(ports::https_failure::kind stage) {
    script.emplace_back(std::unexpected(ports::https_failure{stage, "test"}));
  }

  awaitable<result> exchange(ports::https_request& request, ports::steady_time deadline) override {
    asked.push_back(
        {*request.to, std::string(request.method), request.target, request.headers, request.body, deadline});
    wipe(request.body);
    if (during) co_await during();
    if (script.empty())
      co_return std::unexpected(ports::https_failure{ports::https_failure::kind::not_sent, "no script"});
    result next = std::move(script.front());
    script.pop_front();
    co_return next;
  }

  std::vector<seen> asked;
  std::deque<result> script;
  std::function<awaitable<void>()> during;  // runs after the request was taken and before the answer is given
};

}  // namespace sendcode::tests
