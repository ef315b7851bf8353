// What `sendcode settings show --usage` asks: as the limits themselves count, and without a trace.
#include <map>

#include "tests/integration/redis/admissions.hpp"
#include "tests/integration/redis/secured.hpp"

namespace sendcode::redis_tests {
namespace {

using domain::limit_kind;
using ports::device_class;
using ports::usage_answer;
using ports::usage_question;
using kind = usage_question::kind;

usage_question limit_question(const ports::limit_check& limit, device_class device = device_class::stranger) {
  return {.about = kind::limit, .limit = limit, .device = device};
}

usage_question subject_question(kind about, std::string subject, device_class device = device_class::stranger) {
  usage_question out{.about = about, .device = device};
  out.limit.subject = std::move(subject);
  return out;
}

ports::usage_reply ask(fixture& f, std::vector<usage_question> questions) {
  const ports::usage_request request{std::string(environment), std::move(questions)};
  return f.value(f.store().usage(request));
}

usage_answer ask(fixture& f, usage_question question) {
  return ask(f, std::vector{std::move(question)}).answers.at(0);
}

ports::admit_request event_for(fixture& f, int number, std::vector<ports::limit_check> limits) {
  auto out = f.event();
  out.phone = "+6149157" + std::to_string(1'000 + number);
  out.limits = std::move(limits);
  return out;
}

// Every key with its value: what a call may not change.
std::map<std::string, std::string> all_of(raw_client& redis) {
  std::map<std::string, std::string> out;
  for (const std::string& key : redis.keys()) out[key] = redis.dump(key);
  return out;
}

const ports::limit_check of_environment{limit_kind::environment, "-", false, 5, 10 * minute};
const ports::limit_check of_application{limit_kind::application, "app_web", false, 100, hour};
const ports::limit_check of_country{limit_kind::country, "AU", false, 100, hour};
const ports::limit_check of_prefix{limit_kind::prefix, "+614915", false, 60, 10 * minute};

}  // namespace

TEST_CASE("what is used of buckets is what was admitted, until it is as old as the window") {
  fixture f;
  const std::vector limits{of_environment, of_application, of_country, of_prefix};
  CHECK(ask(f, limit_question(of_environment)).used == 0);
  int granted = 0;
  for (int i = 0; i < 8; ++i) {
    if (reason_of(f.admit(event_for(f, i, limits))) == "granted") ++granted;
  }
  REQUIRE(granted == 5);
  const auto before = all_of(f.redis());
  const auto reply = ask(f, {limit_question(of_environment), limit_question(of_application), limit_question(of_country),
                             limit_question(of_prefix)});
  REQUIRE(reply.answers.size() == 4);
  for (const auto& answer : reply.answers) CHECK(answer.used == 5);
  CHECK(reply.answers[0].left > 9 * minute);  // its max is reached
  CHECK(reply.answers[0].left <= 10 * minute + 12 * second);
  CHECK(reply.answers[1].left == milliseconds{0});
  const auto other = ask(f, limit_question({limit_kind::application, "app_admin", false, 100, hour}));
  CHECK(other.used == 0);
  CHECK(all_of(f.redis()) == before);

  f.pass(12 * second * 51);
  CHECK(ask(f, limit_question(of_environment)).used == 0);
  CHECK(ask(f, limit_question(of_application)).used == 5);
}

TEST_CASE("what is used of a phone's limits is told for known devices and strangers apart") {
  fixture f;
  const auto limit = phone_limit(3, 10 * minute);
  for (int i = 0; i < 3; ++i) {
    auto request = f.event();
    request.limits = {limit};
    request.device = i == 2 ? device_class::known : device_class::stranger;
    REQUIRE(reason_of(f.admit(request)) == "granted");
    f.pass(minute);
  }
  auto answer = ask(f, limit_question(limit));
  CHECK(answer.used == 2);
  CHECK(answer.left == milliseconds{0});
  CHECK(ask(f, limit_question(limit, device_class::known)).used == 1);
  answer = ask(f, limit_question(phone_limit(2, 10 * minute)));
  CHECK(answer.used == 2);
  CHECK(answer.left > 6 * minute);  // the first was three minutes ago
  CHECK(answer.left <= 7 * minute);
  CHECK(ask(f, limit_question(phone_limit(3, 2 * minute + 30 * second))).used == 1);
}

TEST_CASE("times that an earlier version kept are counted too") {
  fixture f;
  auto request = f.event();
  request.limits = {phone_limit(3, hour)};
  f.admit(request);
  const std::string key = f.key_of("l:phone");
  const auto now = f.redis().now_ms();
  f.redis().command({"DEL", key});
  f.redis().command({"RPUSH", key, std::to_string(now - 1'000), std::to_string(now - 2'000)});
  f.redis().command({"PEXPIRE", key, "100000"});
  CHECK(ask(f, limit_question(phone_limit(3, hour))).used == 2);
}

TEST_CASE("the allowance is told by month and by day, each with its end") {
  fixture f;
  const auto left = [&](const ports::allowance_check& of) {
    return ask(f, usage_question{.about = kind::allowance, .allowance = of});
  };
  for (int i = 0; i < 3; ++i) {
    auto request = event_for(f, i, {});
    request.allowance = ports::allowance_check{10, true};
    as<ports::granted>(f.admit(request));
  }
  auto other = event_for(f, 9, {});
  other.allowance = ports::allowance_check{1'000, false};
  as<ports::granted>(f.admit(other));
  CHECK(left({10, true}).used == 3);
  CHECK(left({10, true}).left <= 31 * day);
  CHECK(left({1'000, false}).used == 1);
  CHECK(left({1'000, false}).left <= day);
  f.clock.ahead = 32 * day;  // the month's turn
  CHECK(left({10, true}).used == 0);
}

TEST_CASE("texts of a fallback do not make a month's allowance forgotten, nor the other way round") {
  fixture f;
  const auto admitted = [&](int number, const ports::allowance_check& of) {
    auto request = event_for(f, number, {});
    request.allowance = of;
    return reason_of(f.admit(request));
  };
  for (int i = 0; i < 2; ++i) CHECK(admitted(i, {2, true}) == "granted");
  CHECK(admitted(2, {2, true}) == "allowance_used_up");
  CHECK(admitted(3, {1, false}) == "granted");  // with an account by now
  CHECK(admitted(4, {1, false}) == "allowance_used_up");
  CHECK(admitted(5, {2, true}) == "allowance_used_up");  // and without one again
}

TEST_CASE("of a prefix the approved texts are told, and fraud answers with the end of the block") {
  fixture f;
  for (int i = 0; i < 3; ++i) {
    const auto request = event_for(f, i, {of_prefix});
    f.admit(request);
    auto settlement = f.settlement(request);
    settlement.outcome.status = domain::status::failed;
    settlement.outcome.reason = domain::reason::suspected_fraud;
    settlement.fraud_answer = true;
    as<ports::settled>(f.settle(settlement));
    const auto told = ask(f, subject_question(kind::fraud, "+614915"));
    CHECK(told.used == (i < 2 ? static_cast<std::uint64_t>(i) + 1 : 0));  // the third drops them for the block
    CHECK((told.left > milliseconds{0}) == (i == 2));
  }
  CHECK(ask(f, subject_question(kind::fraud, "+614916")).left == milliseconds{0});
  const auto approved = event_for(f, 7, {});
  auto elsewhere = approved;
  elsewhere.prefix = "+614917";
  f.admit(elsewhere);
  as<ports::approved>(f.consume(f.approval(elsewhere, elsewhere.fresh_nonce)));
  CHECK(ask(f, subject_question(kind::approved, "+614917")).used == 1);
  CHECK(ask(f, subject_question(kind::approved, "+614915")).used == 0);
}

TEST_CASE("a phone's wrong guesses are told, and those that its live challenges still have") {
  fixture f;
  const auto request = f.event();
  f.admit(request);
  for (int i = 0; i < 2; ++i) as<ports::guess_counted>(f.check(f.guess(request)));
  const auto told = ask(f, subject_question(kind::guesses, std::string(phone)));
  CHECK(told.used == 2);
  CHECK(told.open == 3);
  const auto known = ask(f, subject_question(kind::guesses, std::string(phone), device_class::known));
  CHECK(known.used == 0);
  CHECK(known.open == 0);
}

TEST_CASE("countries, prefixes and prefixes of fraud answers that are in use are found, each once") {
  fixture f;
  auto other_window = of_country;
  other_window.window = day;
  f.admit(event_for(f, 1, {of_country, other_window, of_prefix}));
  f.admit(event_for(f, 2, {{limit_kind::country, "NZ", false, 9, hour}}));
  auto elsewhere = event_for(f, 3, {});
  elsewhere.environment_id = "env_other";
  elsewhere.limits = {{limit_kind::country, "DE", false, 9, hour}};
  f.admit(elsewhere);
  const auto fraud = event_for(f, 4, {});
  f.admit(fraud);
  auto settlement = f.settlement(fraud);
  settlement.outcome.status = domain::status::failed;
  settlement.fraud_answer = true;
  f.settle(settlement);
  // Far more keys than one answer of Redis may have.
  for (int i = 0; i < 2'000; ++i) {
    f.redis().command({"SET", "sc:{env_live}:x:" + std::to_string(i), "", "PX", "60000"});
  }
  const std::string of(environment);
  const auto found = f.value(f.store().subjects(of, 10 * second));
  CHECK(found.countries == std::vector<std::string>{"AU", "NZ"});
  CHECK(found.prefixes == std::vector<std::string>{"+614915"});
  CHECK(found.fraud_prefixes == std::vector<std::string>{"+614915"});
  CHECK(found.missing.empty());
  const auto none = f.value(f.store().subjects(of, milliseconds{0}));
  CHECK(none.missing.find("too many keys") != std::string::npos);
}

TEST_CASE("a Redis user who may not SCAN is told of, and limits that are named are answered all the same") {
  redis_server server({"--requirepass", "right"});
  raw_client raw(server.port());
  raw.command({"AUTH", "right"});
  make_documented_user(raw);
  raw.command({"ACL", "SETUSER", "sendcode", "-scan"});
  connected c(as_documented_user(options_for(server.port())));
  c.admit_in_the_end();
  const std::string of(environment);
  const auto found = run(c.io, c.store.subjects(of, 10 * second));
  REQUIRE(found.has_value());
  CHECK(contains(found->missing, "docs/redis.md"));
  const ports::usage_request request{of, {limit_question(of_environment)}};
  const auto reply = run(c.io, c.store.usage(request));
  CHECK(reply.has_value());
}

TEST_CASE("on a cluster and behind sentinels usage is asked of the environment's own master") {
  const auto used_up = [](redis_options options, const std::string& of) {
    connected c(std::move(options));
    auto request = any_event();
    request.environment_id = of;
    request.limits = {of_environment, of_country};
    c.admit_in_the_end(request);
    const ports::usage_request asked{of, {limit_question(of_environment), limit_question(of_country)}};
    const auto reply = run(c.io, c.store.usage(asked));
    REQUIRE(reply.has_value());
    for (const auto& answer : reply->answers) CHECK(answer.used == 1);
    const auto found = run(c.io, c.store.subjects(of, 10 * second));
    REQUIRE(found.has_value());
    CHECK(found->countries == std::vector<std::string>{"AU"});
  };
  SECTION("a cluster of two") {
    cluster_group group(2);
    for (const std::size_t master : {0U, 1U}) used_up(options_for(group), group.environment_on(master));
  }
  SECTION("sentinels") {
    sentinel_group group(1);
    used_up(options_for(group), std::string(environment));
  }
}

}  // namespace sendcode::redis_tests
