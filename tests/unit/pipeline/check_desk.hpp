#pragma once

#include "tests/catch.hpp"
#include "tests/fakes/fake_desk_stores.hpp"
#include "tests/fakes/pipeline_world.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/device_token.hpp"
#include "worker/pipeline/checker.hpp"

namespace sendcode::tests {

using namespace std::chrono_literals;

// A checker among fakes, and guesses for it. The store counts each guess under a token of its own.
struct check_desk {
  using answer = std::expected<ports::check_answer, ports::check_outage>;

  pipeline_world w;
  fake_answer_store answers;
  pipeline::checker checker{w.store, answers, w.stream, w.clock, w.random, w.telemetry, 3'600'000ms, w.rules()};
  ports::nonce nonce{7};
  std::uint32_t guesses = 0;
  bool test_number = false;

  check_desk() {
    w.store.on_check = [this](const auto&) -> ports::check_reply {
      return ports::guess_counted{nonce, "k1", ++guesses, pipeline_world::request_id("first"), test_number};
    };
  }
  std::string right_code() const {
    const auto rules = w.rules();
    return std::string(
        domain::derive_code(rules.code_keys->find("k1", w.clock.now())->key->expose(),
                            {"env_live", "app_web", domain::purpose::sign_in, "+61491570006", "", challenge}, nonce)
            .expose());
  }
  std::string wrong_code() const { return right_code() == "000000" ? "000001" : "000000"; }
  ports::guess guess(std::string code, std::string phone = "0491 570 006") const {
    return {challenge, "env_live", "app_web", domain::purpose::sign_in, std::move(phone), "", secret(std::move(code))};
  }
  std::optional<answer> start(ports::guess made) {
    std::optional<answer> out;
    ask(std::move(made), out);
    w.run();
    return out;
  }
  void ask(ports::guess made, std::optional<answer>& out) {
    spawn(w.context.get_executor(), "guess", asked(std::move(made), out));
  }
  awaitable<void> asked(ports::guess made, std::optional<answer>& out) {
    out = co_await checker.check(std::move(made));
  }

  template <typename Expected>
  Expected answered(ports::guess made) {
    const auto out = start(std::move(made));
    REQUIRE(out);
    REQUIRE(out->has_value());
    REQUIRE(std::holds_alternative<Expected>(**out));
    return std::get<Expected>(**out);
  }

  std::string challenge = "k3Jw9sQ2vT7yB4nH1cXzLg";
};

}  // namespace sendcode::tests
