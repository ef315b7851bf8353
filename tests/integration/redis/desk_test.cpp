#include "tests/integration/redis/fixture.hpp"

// Challenges looked after and phones unlocked.
namespace sendcode::redis_tests {
namespace {

using domain::reason;
using ports::challenge_state;

ports::challenge_view view_of(fixture& f, const ports::admit_request& request) {
  const auto view = f.look(fixture::reference(request));
  REQUIRE(view);
  return *view;
}

// The challenge as version 1 kept it.
void rewrite_as_version_1(fixture& f) {
  const std::string key = f.key_of("c");
  const std::string now = f.redis().dump(key);
  REQUIRE(now[0] == '\2');
  constexpr std::size_t added_at = 85;
  constexpr std::size_t added_bytes = 42;
  const std::string before = '\1' + now.substr(1, added_at - 1) + now.substr(added_at + added_bytes);
  f.redis().command({"SET", key, before, "KEEPTTL"});
}

}  // namespace

TEST_CASE("a challenge that was sent is pending, with five guesses and its life") {
  fixture f;
  auto request = f.event();
  request.limits = {phone_limit(1, 30 * second), phone_limit(5, 10 * minute)};
  const auto sent = as<ports::granted>(f.admit(request));
  const auto view = view_of(f, request);
  CHECK(view.state == challenge_state::pending);
  CHECK(view.attempts_left == 5);
  CHECK(view.expires_at == sent.expires_at);
  CHECK(view.next_send_at == sent.store_now + 30 * second);
  CHECK(view.reason == reason::none);
  for (std::uint32_t left = 4; left >= 1; --left) {
    f.check(f.guess(request));
    CHECK(view_of(f, request).attempts_left == left);
  }
  f.check(f.guess(request));
  CHECK(view_of(f, request).state == challenge_state::locked_out);
  CHECK(view_of(f, request).attempts_left == 0);
  f.pass(10 * minute);
  CHECK(view_of(f, request).state == challenge_state::locked_out);  // no new code would help
}

TEST_CASE("without a limit of one text a resend may come at once") {
  fixture f;
  auto request = f.event();
  request.limits = {phone_limit(2, minute), {domain::limit_kind::client_ip, "203.0.113.7", false, 1, hour}};
  const auto sent = as<ports::granted>(f.admit(request));
  CHECK(view_of(f, request).next_send_at == sent.store_now);
}

TEST_CASE("a challenge is there for its own application and purpose alone") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  auto application = fixture::reference(request);
  application.application_id = "app_admin";
  auto purpose = fixture::reference(request);
  purpose.purpose = domain::purpose::mfa;
  auto environment_of_others = fixture::reference(request);
  environment_of_others.environment_id = "env_test";
  auto other = fixture::reference(request);
  other.challenge_id.back() = other.challenge_id.back() == 'x' ? 'y' : 'x';
  for (const auto& differs : {application, purpose, environment_of_others, other}) {
    CHECK_FALSE(f.look(differs));
    CHECK_FALSE(f.cancel(differs));
  }
  CHECK(view_of(f, request).state == challenge_state::pending);
}

TEST_CASE("approved and expired are told") {
  fixture f;
  const auto one = f.event();
  f.admit(one);
  f.pass(10 * minute);
  CHECK(view_of(f, one).state == challenge_state::expired);
  const auto other = f.event();
  f.admit(other);
  f.consume(f.approval(other, other.fresh_nonce));
  CHECK(view_of(f, other).state == challenge_state::approved);
}

TEST_CASE("a resend that was refused is the reason, until one is sent") {
  fixture f;
  auto request = f.event();
  request.limits = {phone_limit(1, minute)};
  f.admit(request);
  auto too_soon = f.resend_of(request);
  too_soon.limits = request.limits;
  CHECK(reason_of(f.admit(too_soon)) == "rate_limited.phone");
  auto view = view_of(f, request);
  CHECK(view.state == challenge_state::pending);
  CHECK(view.reason == reason::rate_limited);
  CHECK(view.limited_by == domain::limit_kind::phone);
  CHECK(view.next_send_at > from_unix_ms(f.redis().now_ms()) + 50 * second);
  f.pass(minute);
  auto in_time = f.resend_of(request);
  in_time.limits = request.limits;
  CHECK(reason_of(f.admit(in_time)) == "granted");
  CHECK(view_of(f, request).reason == reason::none);

  auto switched_off = f.resend_of(request);
  switched_off.verdict.status = domain::status::rejected;
  switched_off.verdict.reason = reason::phone_auth_off;
  CHECK(reason_of(f.admit(switched_off)) == "phone_auth_off");
  CHECK(view_of(f, request).reason == reason::phone_auth_off);
}

TEST_CASE("a text that failed is the reason, as long as nothing was asked for since") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  CHECK(view_of(f, request).reason == reason::none);  // under way
  auto failed = f.settlement(request);
  failed.outcome.status = domain::status::failed;
  failed.outcome.reason = reason::recipient_unreachable;
  f.settle(failed);
  CHECK(view_of(f, request).reason == reason::recipient_unreachable);
  const auto again = f.resend_of(request);
  f.admit(again);
  CHECK(view_of(f, request).reason == reason::none);
  f.settle(f.settlement(again, "SM1"));
  CHECK(view_of(f, request).reason == reason::none);
}

TEST_CASE("the last text of a challenge is found by its application, before and after it is approved") {
  using text = ports::last_text::state;
  fixture f;
  const auto request = f.event();
  const auto reference = fixture::reference(request);
  CHECK(f.last_text(reference).is == text::none);
  f.admit(request);
  CHECK(f.last_text(reference).is == text::under_way);
  const std::string earlier = "SM" + std::string(32, '1');
  const std::string later = "SM" + std::string(32, '2');
  f.settle(f.settlement(request, earlier));
  CHECK(f.last_text(reference).is == text::sent);
  CHECK(f.last_text(reference).message_id == earlier);

  const auto again = f.resend_of(request);
  f.admit(again);
  f.settle(f.settlement(again, later));
  CHECK(f.last_text(reference).message_id == later);
  f.consume(f.approval(request, request.fresh_nonce));
  CHECK(f.last_text(reference).message_id == later);

  auto of_another = reference;
  of_another.application_id = "app_admin";
  CHECK(f.last_text(of_another).is == text::none);
  f.redis().command({"DEL", f.key_of("c")});
  CHECK(f.last_text(reference).is == text::none);
}

TEST_CASE("a last text that Twilio did not send, or whose id is not known, is none") {
  using text = ports::last_text::state;
  fixture f;
  const auto end_of = [&](domain::status status, domain::sender_kind sender, const std::string& id) {
    const auto request = f.event();
    f.admit(request);
    auto ended = f.settlement(request, id);
    ended.outcome.status = status;
    ended.outcome.sender = sender;
    f.settle(ended);
    return f.last_text(fixture::reference(request)).is;
  };
  const std::string sid = "SM" + std::string(32, 'f');
  CHECK(end_of(domain::status::sent, domain::sender_kind::twilio, sid) == text::sent);
  CHECK(end_of(domain::status::sent, domain::sender_kind::twilio, "") == text::none);
  CHECK(end_of(domain::status::sent, domain::sender_kind::kinde, "msg_1") == text::none);
  CHECK(end_of(domain::status::sent, domain::sender_kind::test, "") == text::none);
  CHECK(end_of(domain::status::failed, domain::sender_kind::none, "") == text::none);
}

TEST_CASE("an event of another binding leaves no trace in the challenge") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  const std::string before = f.redis().dump(f.key_of("c"));
  auto stranger = f.resend_of(request);
  stranger.phone = "+61491570156";
  CHECK(reason_of(f.admit(stranger)) == "challenge_mismatch");
  auto refused = f.resend_of(request);
  refused.user_id = "user_2";
  refused.verdict.status = domain::status::rejected;
  refused.verdict.reason = reason::phone_auth_off;
  f.admit(refused);
  CHECK(f.redis().dump(f.key_of("c")) == before);
}

TEST_CASE("a cancelled challenge takes no guesses and no further texts, and stays cancelled") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  CHECK(f.cancel(fixture::reference(request)));
  CHECK(f.cancel(fixture::reference(request)));
  CHECK(view_of(f, request).state == challenge_state::cancelled);
  as<ports::not_found>(f.check(f.guess(request)));
  as<ports::not_found>(f.consume(f.approval(request, request.fresh_nonce)));
  as<ports::not_found>(f.consume(f.approval(request, ports::nonce{})));
  CHECK(reason_of(f.admit(f.resend_of(request))) == "challenge_cancelled");
  CHECK(reason_of(f.admit(request)) == "challenge_cancelled");  // its own answer was lost, and nothing was sent
  CHECK(view_of(f, request).state == challenge_state::cancelled);
  // The nonce is gone: the code cannot be derived any more.
  CHECK(f.redis().dump(f.key_of("c")).find(as_text(request.fresh_nonce)) == std::string::npos);
}

TEST_CASE("an approved challenge stays approved when it is cancelled") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.consume(f.approval(request, request.fresh_nonce));
  CHECK(f.cancel(fixture::reference(request)));
  CHECK(view_of(f, request).state == challenge_state::approved);
}

TEST_CASE("looking, cancelling and unlocking leave nothing behind where there is nothing") {
  fixture f;
  const auto request = f.event();
  CHECK_FALSE(f.look(fixture::reference(request)));
  CHECK_FALSE(f.cancel(fixture::reference(request)));
  f.unlock(phone);
  CHECK(f.redis().keys().empty());
}

TEST_CASE("unlocking ends a lock-out of both classes, of that phone alone") {
  fixture f;
  f.fail(80, ports::device_class::stranger);
  f.fail(20, ports::device_class::known);
  auto known = f.event();
  known.device = ports::device_class::known;
  CHECK(reason_of(f.admit(known)) == "locked_out");
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
  f.unlock("+61491570156");
  CHECK(reason_of(f.admit(f.event())) == "locked_out");
  f.unlock(phone);
  CHECK(f.keys_of("p").empty());
  known = f.event();
  known.device = ports::device_class::known;
  CHECK(reason_of(f.admit(known)) == "granted");
  CHECK(reason_of(f.admit(f.event())) == "granted");
}

TEST_CASE("unlocking leaves live challenges their own count") {
  fixture f;
  const auto live = f.event();
  f.admit(live);
  for (int i = 0; i < 3; ++i) f.check(f.guess(live));
  f.unlock(phone);
  CHECK(f.keys_of("p").size() == 1);
  CHECK(as<ports::guess_counted>(f.check(f.guess(live))).number == 4);
}

TEST_CASE("a challenge of version 1 is checked, sent again and approved as before, and has no owner until it is sent") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  f.check(f.guess(request));
  rewrite_as_version_1(f);
  CHECK_FALSE(f.look(fixture::reference(request)));
  CHECK_FALSE(f.cancel(fixture::reference(request)));
  CHECK(as<ports::guess_counted>(f.check(f.guess(request))).number == 2);
  CHECK_FALSE(f.look(fixture::reference(request)));  // written anew, and still nobody's
  rewrite_as_version_1(f);
  CHECK(as<ports::granted>(f.admit(f.resend_of(request))).nonce == request.fresh_nonce);
  CHECK(view_of(f, request).attempts_left == 3);
  rewrite_as_version_1(f);
  as<ports::approved>(f.consume(f.approval(request, request.fresh_nonce)));
  rewrite_as_version_1(f);
  CHECK(reason_of(f.admit(f.resend_of(request))) == "challenge_used");
}

}  // namespace sendcode::redis_tests
