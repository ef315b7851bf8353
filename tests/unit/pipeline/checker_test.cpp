// A guess against a challenge: counted, compared, consumed, told. The store's part is scripted.
#include "tests/unit/pipeline/check_desk.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using tests::check_desk;
using tests::pipeline_world;

namespace {

using desk = check_desk;

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
  CHECK(d.w.store.consumptions[0].checked.token == d.w.store.checks[0].token);
  CHECK(d.w.store.checks[0].keys_held == std::vector<std::string>{"k1"});
  CHECK(d.w.store.checks[0].phone == "+61491570006");
  REQUIRE(d.w.stream.records.size() == 1);
  const auto told = nlohmann::json::parse(d.w.stream.records[0].record.value);
  CHECK(told["kind"] == "check");
  CHECK(told["status"] == "approved");
  CHECK(d.w.stream.records[0].header("ce_id") == to_hex(as_text(pipeline_world::request_id("first"))) + "/check/1");
  CHECK(d.w.stream.records[0].completes == -1);
}

TEST_CASE("a national number is read for the guess's country, else for the environment's default country") {
  desk d;
  auto made = d.guess("123456", "021 123 4567");
  made.country = "NZ";
  d.start(std::move(made));
  REQUIRE(d.w.store.checks.size() == 1);
  CHECK(d.w.store.checks[0].phone == "+64211234567");
  made = d.guess("123456");
  made.country = "ZZ";  // no country: a national number is none there
  d.answered<ports::code_not_found>(std::move(made));
  CHECK(d.w.store.checks.size() == 1);
  made = d.guess("123456", "+61491570006");
  made.country = "NZ";
  d.start(std::move(made));
  REQUIRE(d.w.store.checks.size() == 2);
  CHECK(d.w.store.checks[1].phone == "+61491570006");
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
  d.answered<ports::code_incorrect>(d.guess("424243", "+12025550123"));
  CHECK(d.answered<ports::code_approved>(d.guess("424242", "+12025550123")).test);
}

TEST_CASE("settings that change while a guess is counted do no harm") {
  for (const bool test_number : {false, true}) {
    desk d;
    d.test_number = test_number;
    d.w.store.latency = 50ms;
    std::optional<check_desk::answer> out;
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

TEST_CASE("a code whose key is not held is an outage, not a wrong guess") {
  desk d;
  d.w.store.on_check = [](const auto&) { return ports::key_not_held{"k0"}; };
  const auto out = d.start(d.guess("123456"));
  REQUIRE(out);
  CHECK_FALSE(out->has_value());
  CHECK(d.w.stream.records.empty());
}

TEST_CASE("a key that has ended is none that is held") {
  desk d;
  d.w.key_ends = d.w.clock.now() + 1s;
  d.checker.update(d.w.rules());
  d.answered<ports::code_incorrect>(d.guess(d.wrong_code()));
  d.w.pass(1s);
  d.start(d.guess("123456"));
  REQUIRE(d.w.store.checks.size() == 2);
  CHECK(d.w.store.checks[0].keys_held.size() == 1);
  CHECK(d.w.store.checks[1].keys_held.empty());
}

TEST_CASE("a guess is judged by the keys that were told to the store, whatever comes meanwhile") {
  desk d;
  d.w.store.latency = 50ms;
  std::optional<check_desk::answer> out;
  d.ask(d.guess(d.right_code()), out);
  d.w.run();
  d.w.key_ends = d.w.clock.now();
  d.checker.update(d.w.rules());
  d.w.pass(50ms);
  REQUIRE(out);
  CHECK(std::holds_alternative<ports::code_approved>(**out));
}
