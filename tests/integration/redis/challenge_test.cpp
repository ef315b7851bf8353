#include "tests/integration/redis/fixture.hpp"

// Codes: the challenge, guesses, approval, lock-out.
namespace sendcode::redis_tests {
namespace {

using domain::reason;

}  // namespace

TEST_CASE("a resend keeps the code and its life") {
  fixture f;
  const auto first = f.event();
  const auto sent = as<ports::granted>(f.admit(first));
  f.pass(5 * minute);
  const auto again = as<ports::granted>(f.admit(f.resend_of(first)));
  CHECK(again.first_lease);
  CHECK(again.nonce == sent.nonce);
  CHECK(again.key_id == sent.key_id);
  CHECK(again.expires_at == sent.expires_at - 5 * minute);
}

TEST_CASE("with more than 60 s of life left a resend still keeps the code") {
  fixture f;
  const auto first = f.event();
  const auto sent = as<ports::granted>(f.admit(first));
  f.pass(8 * minute + 55 * second);
  CHECK(as<ports::granted>(f.admit(f.resend_of(first))).nonce == sent.nonce);
}

TEST_CASE("with less than 60 s of life left a resend makes a new code, and the old one is void") {
  fixture f;
  const auto first = f.event();
  const auto sent = as<ports::granted>(f.admit(first));
  f.check(f.guess(first));
  f.pass(9 * minute + second);
  auto resend = f.resend_of(first);
  resend.signing_key_id = "codes-2";
  const auto again = as<ports::granted>(f.admit(resend));
  CHECK(again.nonce == resend.fresh_nonce);
  CHECK(again.key_id == "codes-2");
  CHECK(again.expires_at == resend.birth + resend.code_life);
  as<ports::not_found>(f.consume(f.approval(first, sent.nonce)));
  const auto guess = as<ports::guess_counted>(f.check(f.guess(first)));
  CHECK(guess.number == 2);  // the count is kept
  CHECK(guess.nonce == resend.fresh_nonce);
  CHECK(guess.first_request_id == first.request_id);
}

TEST_CASE("a challenge is bound to application, purpose, phone and user") {
  fixture f;
  const auto first = f.event();
  f.admit(first);
  auto application = f.resend_of(first);
  application.application_id = "app_admin";
  auto purpose = f.resend_of(first);
  purpose.purpose = domain::purpose::mfa;
  auto number = f.resend_of(first);
  number.phone = "+61491570156";
  auto user = f.resend_of(first);
  user.user_id = "user_2";
  for (const auto& differs : {application, purpose, number, user}) {
    CHECK(reason_of(f.admit(differs)) == "challenge_mismatch");
    as<ports::not_found>(f.check(f.guess(differs)));
    as<ports::not_found>(f.consume(f.approval(differs, first.fresh_nonce)));
  }
  CHECK(as<ports::guess_counted>(f.check(f.guess(first))).number == 1);  // none of those counted
}

TEST_CASE("a guess is counted before it is compared, and five are all there are") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  for (std::uint32_t n = 1; n <= 5; ++n) {
    const auto reply = as<ports::guess_counted>(f.check(f.guess(request)));
    CHECK(reply.number == n);
    CHECK(reply.nonce == request.fresh_nonce);
    CHECK(reply.key_id == "codes-1");
    CHECK(reply.first_request_id == request.request_id);
    CHECK_FALSE(reply.test_number);
  }
  as<ports::locked_out>(f.check(f.guess(request)));
  CHECK(reason_of(f.admit(f.resend_of(request))) == "locked_out");
  f.pass(9 * minute + 30 * second);
  CHECK(reason_of(f.admit(f.resend_of(request))) == "locked_out");  // a new code would not help either
}

TEST_CASE("a guess asked again with its token has its own number and counts nothing") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  const auto one = f.guess(request);
  const auto two = f.guess(request);
  CHECK(as<ports::guess_counted>(f.check(one)).number == 1);
  CHECK(as<ports::guess_counted>(f.check(two)).number == 2);
  CHECK(as<ports::guess_counted>(f.check(one)).number == 1);
  for (int i = 0; i < 3; ++i) f.check(f.guess(request));
  CHECK(as<ports::guess_counted>(f.check(two)).number == 2);  // even when there are none left
  as<ports::locked_out>(f.check(f.guess(request)));
}

TEST_CASE("a right guess approves once, and again for the same token alone") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  const auto guess = as<ports::guess_counted>(f.check(f.guess(request)));
  const auto approval = f.approval(request, guess.nonce);
  as<ports::approved>(f.consume(approval));
  f.redis().command({"PEXPIRE", f.key_of("c"), "5000"});
  as<ports::approved>(f.consume(approval));
  // Written again: on a connection that has written nothing WAIT would wait for nothing (redis.replicas_min).
  CHECK(f.redis().command({"PTTL", f.key_of("c")}).integer > 5000);
  as<ports::not_found>(f.consume(f.approval(request, guess.nonce)));
  as<ports::not_found>(f.consume(f.approval(request, ports::nonce{})));
  as<ports::not_found>(f.check(f.guess(request)));
  CHECK(reason_of(f.admit(f.resend_of(request))) == "challenge_used");
  // The nonce is gone: the code cannot be derived any more.
  CHECK(f.redis().dump(f.key_of("c")).find(as_text(guess.nonce)) == std::string::npos);
}

TEST_CASE("of two right guesses at once one wins") {
  fixture f;
  for (int i = 0; i < 20; ++i) {
    auto request = f.event();
    request.phone = "+614915701" + std::to_string(10 + i);
    f.admit(request);
    const auto one = f.approval(request, request.fresh_nonce);
    const auto two = f.approval(request, request.fresh_nonce);
    std::vector<ports::consume_reply> replies;
    const auto ask = [&](redis::redis_code_store& store, const ports::consume_request& approval) {
      boost::asio::co_spawn(
          f.io, store.consume(approval),
          [&](std::exception_ptr, ports::stored<ports::consume_reply> reply) { replies.push_back(reply.value()); });
    };
    ask(f.store(), one);
    ask(f.other_worker(), two);
    run_until(f.io, [&] { return replies.size() == 2; });
    CHECK(replies[0].index() != replies[1].index());
  }
}

TEST_CASE("a code whose life is over is expired, and the guess not counted") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.pass(10 * minute);
  as<ports::code_expired>(f.check(f.guess(request)));
  CHECK(as<ports::granted>(f.admit(f.resend_of(request))).nonce != request.fresh_nonce);
  CHECK(as<ports::guess_counted>(f.check(f.guess(request))).number == 1);
}

TEST_CASE("a guess whose code's key is not held is not counted, and counts once the key is there") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  auto guess = f.guess(request);
  for (const auto& held : {std::vector<std::string>{}, {"codes-2"}, {"codes", "codes-11"}}) {
    guess.keys_held = held;
    for (int i = 0; i < 6; ++i) CHECK(as<ports::key_not_held>(f.check(guess)).key_id == "codes-1");
  }
  guess.keys_held = {"codes-2", "codes-1"};
  CHECK(as<ports::guess_counted>(f.check(guess)).number == 1);
  guess.keys_held.clear();
  as<ports::key_not_held>(f.check(guess));  // counted, and still nobody could say

  auto test = f.event();
  test.test_number = true;
  f.admit(test);
  auto of_a_test_number = f.guess(test);
  of_a_test_number.keys_held.clear();
  as<ports::guess_counted>(f.check(of_a_test_number));  // its code is made of no key
}

TEST_CASE("the guess that approved is told so again, by its token alone") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.check(f.guess(request));
  const auto right = f.guess(request);
  const auto counted = as<ports::guess_counted>(f.check(right));
  const ports::consume_request approval{right, counted.nonce, request.prefix};
  as<ports::approved>(f.consume(approval));
  const auto again = as<ports::already_approved>(f.check(right)).guess;
  CHECK(again.number == 2);
  CHECK(again.first_request_id == request.request_id);
  CHECK_FALSE(again.test_number);
  as<ports::not_found>(f.check(f.guess(request)));
  auto of_another_user = right;
  of_another_user.user_id = "user_2";
  as<ports::not_found>(f.check(of_another_user));
}

TEST_CASE("an unknown challenge is not found, and leaves nothing behind") {
  fixture f;
  const auto request = f.event();
  as<ports::not_found>(f.check(f.guess(request)));
  as<ports::not_found>(f.consume(f.approval(request, request.fresh_nonce)));
  CHECK(f.redis().keys().empty());
}

TEST_CASE("the guess of a test number's challenge says so") {
  fixture f;
  auto request = f.event();
  request.test_number = true;
  f.admit(request);
  CHECK(as<ports::guess_counted>(f.check(f.guess(request))).test_number);
}

TEST_CASE("an eleventh live challenge of a class is rate_limited.phone until the first of them ends") {
  fixture f;
  std::vector<ports::admit_request> live;
  for (int i = 0; i < 10; ++i) {
    live.push_back(f.event());
    CHECK(reason_of(f.admit(live.back())) == "granted");
    f.pass(10 * second);
    if (i == 0) f.pass(10 * second);
  }
  const auto over = as<ports::settled>(f.admit(f.event())).outcome;
  CHECK(domain::reason_text(over) == "rate_limited.phone");
  CHECK(over.retry_after_s > 480);
  CHECK(over.retry_after_s <= 490);
  CHECK(reason_of(f.admit(f.resend_of(live.back()))) == "granted");  // makes no new code
  auto known = f.event();
  known.device = ports::device_class::known;
  CHECK(reason_of(f.admit(known)) == "granted");
  f.pass(490 * second);
  CHECK(reason_of(f.admit(f.event())) == "granted");
}

TEST_CASE("strangers have 80 wrong guesses in a row, and leave a known device 20") {
  fixture f;
  f.fail(75, ports::device_class::stranger);
  const auto last = f.event();
  CHECK(reason_of(f.admit(last)) == "granted");  // 75 and its 5
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
  for (int i = 0; i < 5; ++i) as<ports::guess_counted>(f.check(f.guess(last)));  // a live one keeps its guesses
  f.pass(10 * minute);
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
  f.fail(15, ports::device_class::known);
  auto known = f.event();
  known.device = ports::device_class::known;
  CHECK(reason_of(f.admit(known)) == "granted");  // 80, 15 and its 5
  auto another = f.event();
  another.device = ports::device_class::known;
  CHECK(reason_of(f.admit(another)) == "locked_out");
  // A known device's approval clears its own count alone.
  as<ports::approved>(f.consume(f.approval(known, known.fresh_nonce)));
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
  another = f.event();
  another.device = ports::device_class::known;
  CHECK(reason_of(f.admit(another)) == "granted");
}

TEST_CASE("known devices alone have 100 wrong guesses in a row") {
  fixture f;
  f.fail(95, ports::device_class::known);
  auto known = f.event();
  known.device = ports::device_class::known;
  CHECK(reason_of(f.admit(known)) == "granted");
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
  // Its guesses: 95 and 4 failed, and the right one is not a failure.
  for (int i = 0; i < 4; ++i) f.check(f.guess(known));
  as<ports::guess_counted>(f.check(f.guess(known)));
  as<ports::approved>(f.consume(f.approval(known, known.fresh_nonce)));
  CHECK(reason_of(f.admit(f.event())) == "granted");
}

TEST_CASE("an approval of a stranger's challenge clears both counts") {
  fixture f;
  f.fail(10, ports::device_class::known);
  f.fail(65, ports::device_class::stranger);
  const auto request = f.event();
  f.admit(request);
  as<ports::approved>(f.consume(f.approval(request, request.fresh_nonce)));
  CHECK(f.keys_of("p").empty());
}

TEST_CASE("what live challenges could still use up counts as used") {
  fixture f;
  f.fail(70, ports::device_class::stranger);
  CHECK(reason_of(f.admit(f.event())) == "granted");
  const auto second_one = f.event();
  CHECK(reason_of(f.admit(second_one)) == "granted");
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
}

TEST_CASE("a new code for a challenge counts that challenge's guesses once") {
  fixture f;
  f.fail(75, ports::device_class::stranger);
  const auto last = f.event();
  CHECK(reason_of(f.admit(last)) == "granted");
  f.check(f.guess(last));
  f.pass(9 * minute + 30 * second);
  CHECK(as<ports::granted>(f.admit(f.resend_of(last))).nonce != last.fresh_nonce);  // 76 and the 4 that it has left
}

TEST_CASE("a lock ends 90 days after the last failure") {
  fixture f;
  f.fail(80, ports::device_class::stranger);
  f.pass(89 * day);
  const auto known = [&] {
    auto out = f.event();
    out.device = ports::device_class::known;
    return out;
  };
  CHECK(reason_of(f.admit(known())) == "granted");  // keeps the key, but not the failures, alive
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
  f.pass(day);
  CHECK(reason_of(f.admit(f.event())) == "granted");
}

TEST_CASE("neither a code's key nor its phone stands in clear in any key or value") {
  fixture f;
  auto request = f.event();
  request.user_id = "user_secret_name";
  request.limits = {phone_limit(5, hour),
                    {domain::limit_kind::user, request.user_id, false, 5, hour},
                    {domain::limit_kind::client_ip, "203.0.113.7", false, 5, hour}};
  f.admit(request);
  f.check(f.guess(request));
  f.settle(f.settlement(request, "SM1"));
  const auto keys = f.redis().keys();
  CHECK(keys.size() == 7);
  for (const std::string& key : keys) {
    for (const std::string& word : {request.user_id, std::string("203.0.113.7"), request.challenge_id}) {
      CHECK(key.find(word) == std::string::npos);
      CHECK(f.redis().dump(key).find(word) == std::string::npos);
    }
  }
}

}  // namespace sendcode::redis_tests
