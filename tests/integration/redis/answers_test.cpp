#include "tests/integration/redis/fixture.hpp"

// Answers kept under an Idempotency-Key.
namespace sendcode::redis_tests {
namespace {

using ports::given_answer;

ports::answer_request a_request() {
  ports::answer_request out;
  out.environment_id = environment;
  out.challenge_id = "k3Jw9sQ2vT7yB4nH1cXzLg";
  out.under = {"web", "5f0c9a52", sha256("a body")};
  return out;
}

given_answer an_approval() {
  given_answer out;
  out.is = given_answer::kind::approved;
  out.test = true;
  fill_random(out.device_id);
  out.approved_at = from_unix_ms(1'795'000'000'123);
  return out;
}

struct answers : fixture {
  ports::answer_reply recall(const ports::answer_request& request) { return value(store().recall(request)); }
  ports::answer_reply keep(const ports::answer_request& request, const given_answer& answer) {
    return value(store().keep(request, answer));
  }
};

}  // namespace

TEST_CASE("an answer is given again as it was, also by another worker") {
  answers f;
  const auto request = a_request();
  const auto approval = an_approval();
  given_answer incorrect;
  incorrect.is = given_answer::kind::incorrect;
  incorrect.attempts_left = 4;
  for (const auto& answer : {approval, incorrect, given_answer{}}) {
    f.redis().command({"FLUSHALL"});
    as<ports::unanswered>(f.recall(request));
    as<ports::unanswered>(f.recall(request));  // still being answered
    as<ports::unanswered>(f.keep(request, answer));
    CHECK(as<given_answer>(f.recall(request)) == answer);
    CHECK(as<given_answer>(f.value(f.other_worker().recall(request))) == answer);
  }
}

TEST_CASE("of two answers to the same request the first wins, and both hear it") {
  answers f;
  const auto request = a_request();
  const auto first = an_approval();
  f.recall(request);
  as<ports::unanswered>(f.keep(request, first));
  CHECK(as<given_answer>(f.value(f.other_worker().keep(request, given_answer{}))) == first);
  CHECK(as<given_answer>(f.recall(request)) == first);
}

TEST_CASE("the same key with another body is refused, answered or not") {
  answers f;
  const auto request = a_request();
  auto other = request;
  other.under.body = sha256("another body");
  f.recall(request);
  as<ports::other_body>(f.recall(other));
  f.keep(request, an_approval());
  as<ports::other_body>(f.recall(other));
  as<ports::other_body>(f.keep(other, given_answer{}));
  CHECK(as<given_answer>(f.recall(request)).is == given_answer::kind::approved);
}

TEST_CASE("a key is one token's and one challenge's") {
  answers f;
  const auto request = a_request();
  f.recall(request);
  f.keep(request, an_approval());
  auto of_another_token = request;
  of_another_token.under.token_id = "app";
  auto of_another_challenge = request;
  of_another_challenge.challenge_id = "another-challenge-of-theirs";
  auto of_another_environment = request;
  of_another_environment.environment_id = "env_test";
  auto another = request;
  another.under.key = "5f0c9a53";
  const auto token = as<ports::unanswered>(f.recall(another)).token;
  for (const auto& each : {of_another_token, of_another_challenge, of_another_environment}) {
    CHECK(as<ports::unanswered>(f.recall(each)).token != token);
  }
}

TEST_CASE("a guess has one token for the same request, and another one for another body") {
  answers f;
  const auto request = a_request();
  const auto token = as<ports::unanswered>(f.recall(request)).token;
  CHECK(as<ports::unanswered>(f.value(f.other_worker().recall(request))).token == token);
  f.pass(minute);
  CHECK(f.redis().keys().empty());
  CHECK(as<ports::unanswered>(f.recall(request)).token == token);
  f.pass(minute);
  auto other = request;
  other.under.body = sha256("another body");
  CHECK(as<ports::unanswered>(f.recall(other)).token != token);  // so it counts
}

TEST_CASE("an answer is kept for 60 s from when it was given") {
  answers f;
  const auto request = a_request();
  f.recall(request);
  f.pass(59 * second);
  f.keep(request, an_approval());
  f.pass(59 * second);
  as<given_answer>(f.recall(request));
  f.pass(second);
  as<ports::unanswered>(f.recall(request));
}

TEST_CASE("neither the key nor the body stands in Redis, and what does is small") {
  answers f;
  auto request = a_request();
  request.under.key = std::string(256, 'k');
  f.recall(request);
  f.keep(request, an_approval());
  const auto key = f.key_of("i");
  CHECK(key.size() + f.redis().dump(key).size() < 100);
  CHECK(key.find("kkkk") == std::string::npos);
  CHECK(f.redis().dump(key).find(as_text(request.under.body)) == std::string::npos);
}

}  // namespace sendcode::redis_tests
