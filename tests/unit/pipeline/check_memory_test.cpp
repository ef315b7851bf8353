// What a worker remembers of guesses, for a store that forgot; and guesses that are made again under their key.
#include "tests/unit/pipeline/check_desk.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using tests::check_desk;

namespace {

ports::guess under(ports::guess made, const std::string& key = "key-1", const std::string& body = "body") {
  made.again = ports::idempotency{"web", key, sha256(body)};
  return made;
}

// A store that counts each token once, as the real one does.
void count_by_token(check_desk& d) {
  d.w.store.on_check = [&d, seen = std::map<ports::token, std::uint32_t>()](const auto& asked) mutable {
    const auto number = seen.try_emplace(asked.token, static_cast<std::uint32_t>(seen.size() + 1)).first->second;
    return ports::check_reply(ports::guess_counted{d.nonce, "k1", number, {}, false});
  };
}

}  // namespace

TEST_CASE("a code that was approved here is not found, though the store revived it") {
  check_desk d;
  d.answered<ports::code_approved>(d.guess(d.right_code()));
  d.answered<ports::code_not_found>(d.guess(d.right_code()));
  d.answered<ports::code_not_found>(d.guess(d.wrong_code()));
  CHECK(d.w.store.consumptions.size() == 1);
  d.nonce = ports::nonce{8};  // another code is another matter
  d.answered<ports::code_approved>(d.guess(d.right_code()));
}

TEST_CASE("a consumption that was not answered is no approval: the code may still be taken") {
  check_desk d;
  bool down = true;
  d.w.store.on_consume = [&](const auto&) -> ports::consume_reply {
    if (down) d.w.store.answers_to_lose = 1;
    return ports::approved{};
  };
  const auto out = d.start(d.guess(d.right_code()));
  REQUIRE(out);
  CHECK_FALSE(out->has_value());
  down = false;
  d.answered<ports::code_approved>(d.guess(d.right_code()));
}

TEST_CASE("a challenge has 20 guesses here, though the store counts from the beginning again and again") {
  check_desk d;
  for (int n = 0; n < 20; ++n) {
    if (n % 5 == 0) d.guesses = 0;
    d.answered<ports::code_incorrect>(d.guess(d.wrong_code()));
  }
  d.guesses = 0;
  d.answered<ports::code_locked_out>(d.guess(d.wrong_code()));
  d.answered<ports::code_locked_out>(d.guess(d.right_code()));
  CHECK(d.w.store.consumptions.empty());
  d.challenge = "another-challenge-of-theirs";
  d.answered<ports::code_incorrect>(d.guess(d.wrong_code()));
}

TEST_CASE("the same request under the same key is answered as before, and asks the store for nothing more") {
  check_desk d;
  count_by_token(d);
  const auto wrong = d.wrong_code();
  CHECK(d.answered<ports::code_incorrect>(under(d.guess(wrong))).attempts_left == 4);
  CHECK(d.answered<ports::code_incorrect>(under(d.guess(wrong))).attempts_left == 4);
  CHECK(d.w.store.checks.size() == 1);
  CHECK(d.answered<ports::code_incorrect>(under(d.guess(wrong), "key-2")).attempts_left == 3);

  const auto right = under(d.guess(d.right_code()), "key-3");
  const auto first = d.answered<ports::code_approved>(under(d.guess(d.right_code()), "key-3"));
  d.w.pass(30s);
  CHECK(d.answered<ports::code_approved>(under(d.guess(d.right_code()), "key-3")).device_token == first.device_token);
  CHECK(d.w.store.consumptions.size() == 1);
  CHECK(d.w.stream.records.size() == 3);
}

TEST_CASE("the same key with another body is refused before anything is counted") {
  check_desk d;
  d.answered<ports::code_incorrect>(under(d.guess(d.wrong_code())));
  d.answered<ports::key_reused>(under(d.guess(d.right_code()), "key-1", "another body"));
  CHECK(d.w.store.checks.size() == 1);
}

TEST_CASE("two requests under one key at once count once and hear one answer") {
  check_desk d;
  count_by_token(d);
  d.w.store.latency = 50ms;
  std::optional<check_desk::answer> one, two;
  d.ask(under(d.guess(d.right_code())), one);
  d.ask(under(d.guess(d.right_code())), two);
  d.w.run();
  d.w.pass(50ms);
  REQUIRE(one);
  REQUIRE(two);
  REQUIRE(d.w.store.checks.size() == 2);
  CHECK(d.w.store.checks[0].token == d.w.store.checks[1].token);
  CHECK(std::get<ports::code_approved>(**one).device_token == std::get<ports::code_approved>(**two).device_token);
}

TEST_CASE("the second of two requests at once, whose guess has approved meanwhile, is approved too") {
  check_desk d;
  d.w.store.on_check = [&](const auto&) {
    return ports::already_approved{{{}, "", 1, tests::pipeline_world::request_id("first"), true}};
  };
  CHECK(d.answered<ports::code_approved>(under(d.guess(d.right_code()))).test);
  CHECK(d.w.store.consumptions.empty());
}

TEST_CASE("asked again after an outage, a guess has the token that it had") {
  check_desk d;
  count_by_token(d);
  d.w.store.answers_to_lose = 2;
  auto out = d.start(under(d.guess(d.wrong_code())));
  REQUIRE(out);
  CHECK_FALSE(out->has_value());
  d.answers.outage_of_keeping = true;
  CHECK(d.answered<ports::code_incorrect>(under(d.guess(d.wrong_code()))).attempts_left == 4);
  CHECK(d.answered<ports::code_incorrect>(under(d.guess(d.wrong_code()))).attempts_left == 4);
  d.answers.outage = true;
  out = d.start(under(d.guess(d.wrong_code())));
  REQUIRE(out);
  CHECK_FALSE(out->has_value());
  CHECK(d.w.store.checks.size() == 4);  // not without knowing what was answered
}

TEST_CASE("a guess without a key is never looked up") {
  check_desk d;
  d.answered<ports::code_incorrect>(d.guess(d.wrong_code()));
  CHECK(d.answers.recalls == 0);
}
