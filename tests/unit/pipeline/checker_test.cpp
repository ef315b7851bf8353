// A guess against a challenge: counted, compared, consumed, told. The store's part is scripted.
#include "worker/pipeline/checker.hpp"

#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/device_token.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using tests::pipeline_world;

namespace {

using answer = std::expected<ports::check_answer, ports::check_outage>;

struct desk {
  pipeline_world w;
  pipeline::checker checker{w.store, w.stream, w.clock, w.random, w.telemetry, 3'600'000ms, w.rules()};
  ports::nonce nonce{7};
  std::uint32_t guesses = 0;
  bool test_number = false;

  desk() {
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

}  // namespace

TEST_CASE("the right code is approved, consumed by its nonce, and told") {
  desk d;
  const auto approved = d.answered<ports::code_approved>(d.guess(d.right_code()));
  CHECK_FALSE(approved.test);
  CHECK(domain::is_valid_device_token(d.w.rules().device_token_key->expose(), "env_live", "+61491570006",
                                      approved.device_token, d.w.clock.now()));
  REQUIRE(d.w.store.consumptions.size() == 1);
  CHECK(d.w.store.consumptions[0].nonce == d.nonce);
  CHECK(d.w.store.consumptions[0].prefix == "+614915");
  CHECK(d.w.store.consumptions[0].checked.token != d.w.store.checks[0].token);
  CHECK(d.w.store.checks[0].phone == "+61491570006");
  REQUIRE(d.w.stream.records.size() == 1);
  const auto told = nlohmann::json::parse(d.w.stream.records[0].record.value);
  CHECK(told["kind"] == "check");
  CHECK(told["status"] == "approved");
  CHECK(d.w.stream.records[0].header("ce_id") == to_hex(as_text(pipeline_world::request_id("first"))) + "/check/1");
  CHECK(d.w.stream.records[0].completes == -1);
}

TEST_CASE("a wrong code is incorrect, with what is left: the fifth leaves none") {
  desk d;
  for (std::uint32_t left = 5; left-- > 0;) {
    CHECK(d.answered<ports::code_incorrect>(d.guess(d.wrong_code())).attempts_left == left);
  }
  CHECK(d.w.store.consumptions.empty());
  CHECK(d.w.stream.records.size() == 5);
}

TEST_CASE("the loser of two right guesses hears not_found, and nothing is told of it") {
  desk d;
  d.w.store.on_consume = [](const auto&) { return ports::not_found{}; };
  d.answered<ports::code_not_found>(d.guess(d.right_code()));
  CHECK(d.w.stream.records.empty());
}

TEST_CASE("what the store says of a challenge is passed on, and tells nothing") {
  desk d;
  d.w.store.on_check = [](const auto&) { return ports::code_expired{}; };
  d.answered<ports::code_has_expired>(d.guess("123456"));
  d.w.store.on_check = [](const auto&) { return ports::locked_out{}; };
  d.answered<ports::code_locked_out>(d.guess("123456"));
  d.w.store.on_check = [](const auto&) { return ports::not_found{}; };
  d.answered<ports::code_not_found>(d.guess("123456"));
  CHECK(d.w.stream.records.empty());
}

TEST_CASE("an unknown environment and an unreadable number are as a challenge that is not there") {
  desk d;
  auto made = d.guess("123456");
  made.environment_id = "env_other";
  d.answered<ports::code_not_found>(std::move(made));
  d.answered<ports::code_not_found>(d.guess("123456", "hello"));
  CHECK(d.w.store.asked == 0);
}

TEST_CASE("an environment that settings are not read for is an outage, not a not_found") {
  desk d;
  d.w.current = false;
  d.checker.update(d.w.rules());
  auto made = d.guess("123456");
  made.environment_id = "env_other";
  const auto out = d.start(std::move(made));
  REQUIRE(out);
  CHECK_FALSE(out->has_value());
}

TEST_CASE("an answer that got lost is asked for once more under the same token; then it is an outage") {
  desk d;
  d.w.store.answers_to_lose = 1;
  d.answered<ports::code_approved>(d.guess(d.right_code()));
  REQUIRE(d.w.store.checks.size() == 2);
  CHECK(d.w.store.checks[0].token == d.w.store.checks[1].token);
  d.w.store.outage = true;
  const auto out = d.start(d.guess(d.right_code()));
  REQUIRE(out);
  CHECK_FALSE(out->has_value());
}

TEST_CASE("a test number's code is the fixed one, and the answer says that it is a test") {
  desk d;
  d.test_number = true;
  auto fixed = std::make_shared<const secret>(std::string("424242"));
  d.w.environment().sms.test_numbers[0].code.value = fixed;
  d.checker.update(d.w.rules());
  CHECK(d.answered<ports::code_approved>(d.guess("424242", "+12025550123")).test);
  d.answered<ports::code_incorrect>(d.guess("424243", "+12025550123"));
}

TEST_CASE("settings that change while a guess is counted do no harm") {
  for (const bool test_number : {false, true}) {
    desk d;
    d.test_number = test_number;
    d.w.store.latency = 50ms;
    std::optional<answer> out;
    d.ask(d.guess("123456", "+12025550123"), out);
    d.w.run();
    CHECK_FALSE(out);
    d.w.environments.clear();
    d.checker.update(d.w.rules());
    d.w.pass(50ms);
    REQUIRE(out);
    CHECK(std::holds_alternative<ports::code_incorrect>(**out));
  }
}
