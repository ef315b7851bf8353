#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto.hpp"
#include "tests/catch.hpp"
#include "tests/integration/http/run.hpp"
#include "worker/adapters/http_server/internal_api.hpp"

// The internal port's requests and answers, without a socket, and with fakes behind them.
namespace sendcode::tests {

using namespace std::chrono_literals;

const timestamp noon = *from_rfc3339("2026-11-23T12:00:00Z");
inline const std::string challenge = "k3Jw9sQ2vT7yB4nH1cXzLg";
inline const std::string token = "sct_shop_" + std::string(43, 'a');

class moved_clock final : public ports::clock {
 public:
  timestamp now() const override { return noon + std::chrono::duration_cast<milliseconds>(since_start); }
  ports::steady_time steady_now() const override { return ports::steady_time{} + 1h + since_start; }
  awaitable<void> sleep_until(ports::steady_time) override { co_return; }
  std::chrono::nanoseconds since_start{0};
};

class fake_checker final : public ports::code_checker {
 public:
  awaitable<std::expected<ports::check_answer, ports::check_outage>> check(ports::guess made) override {
    asked.push_back(std::move(made));
    co_return answer;
  }
  std::expected<ports::check_answer, ports::check_outage> answer = ports::code_not_found{};
  std::vector<ports::guess> asked;
};

inline std::string entry(const std::string& of_token, const std::string& scopes = "[check]",
                         const std::string& more = "") {
  return "- {id: shop, sha256: " + to_hex(as_text(sha256(of_token))) +
         ", environments: [env_live], applications: [app_web, app_admin], scopes: " + scopes + more + "}\n";
}

inline nlohmann::json guess_body() {
  return {{"environment_id", "env_live"},
          {"application_id", "app_web"},
          {"purpose", "sign_in"},
          {"phone_number", "+61491570006"},
          {"code", "123456"}};
}

class fake_desk final : public ports::challenge_desk {
 public:
  awaitable<std::expected<std::optional<ports::challenge_view>, ports::desk_outage>> look(
      ports::challenge_reference of) override {
    asked.push_back(std::move(of));
    if (outage) co_return std::unexpected(ports::desk_outage{});
    co_return view;
  }
  awaitable<std::expected<bool, ports::desk_outage>> cancel(ports::challenge_reference of) override {
    asked.push_back(std::move(of));
    if (outage) co_return std::unexpected(ports::desk_outage{});
    co_return view.has_value();
  }
  awaitable<std::expected<ports::unlock_answer, ports::desk_outage>> unlock(ports::unlock_request of) override {
    unlocked.emplace_back(std::move(of.environment_id), std::move(of.phone_number));
    countries.push_back(std::move(of.country));
    if (outage) co_return std::unexpected(ports::desk_outage{});
    co_return answer;
  }
  std::optional<ports::challenge_view> view;
  ports::unlock_answer answer = ports::unlock_answer::unlocked;
  bool outage = false;
  std::vector<ports::challenge_reference> asked;
  std::vector<std::pair<std::string, std::string>> unlocked;
  std::vector<std::string> countries;  // of those
};

struct api_world {
  api_world() { use(entry(token)); }
  void use(const std::string& tokens) {
    auto parsed = http_server::api_tokens::parse(tokens, "api_tokens");
    REQUIRE(parsed);
    api.use_tokens(std::move(*parsed));
  }
  http_server::response ask(const std::string& method, const std::string& path, const std::string& body = "",
                            const std::string& authorization = "Bearer " + token,
                            const std::vector<std::string>& idempotency_keys = {}) {
    http_server::request asked;
    asked.method = method;
    const auto question = std::min(path.find('?'), path.size());
    asked.path = path.substr(0, question);
    if (question < path.size()) asked.query = path.substr(question + 1);
    asked.body = body;
    if (!authorization.empty()) asked.headers.emplace_back("authorization", authorization);
    for (const auto& key : idempotency_keys) asked.headers.emplace_back("idempotency-key", key);
    return run(context, api.handle(asked));
  }
  http_server::response check(const nlohmann::json& body) {
    return ask("POST", "/v1/challenges/" + challenge + "/check", body.dump());
  }

  boost::asio::io_context context;
  moved_clock clock;
  fake_checker checker;
  fake_desk desk;
  bool alive = true;
  bool ready = true;
  http_server::internal_api api{{.alive = [this] { return alive; },
                                 .ready = [this] { return ready; },
                                 .metrics = [] { return std::string("sendcode_in_flight 0\n"); },
                                 .checker = &checker,
                                 .desk = &desk,
                                 .clock = &clock}};
};

inline std::string header_of(const http_server::response& from, std::string_view name) {
  for (const auto& [key, value] : from.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace sendcode::tests
