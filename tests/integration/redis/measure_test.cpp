#include <iostream>

#include "common/crypto.hpp"
#include "tests/integration/redis/fixture.hpp"

// What a call costs Redis, by its own statistics. Not part of a test run: `redis_tests "[measure]"`.
namespace sendcode::redis_tests {
namespace {

constexpr int calls = 20'000;
constexpr int at_once = 50;

double usec_per_call(raw_client& raw) {
  const std::string info = raw.command({"INFO", "commandstats"}).text;
  const auto line = info.find("cmdstat_evalsha:");
  const auto at = info.find("usec_per_call=", line);
  REQUIRE(line != std::string::npos);
  REQUIRE(at != std::string::npos);
  return std::stod(info.substr(at + 14));
}

// The defaults of design §4; the environment's max is out of reach of the run.
ports::admit_request with_defaults(fixture& f, int number) {
  static const timestamp birth = from_unix_ms(f.redis().now_ms());
  ports::admit_request out;
  out.token = random_token();
  out.environment_id = environment;
  out.request_id = random_request();
  fill_random(out.data_digest);
  out.birth = birth;
  out.code_life = hour;
  out.challenge_id = to_hex(as_text(random_request()));
  out.application_id = "app_web";
  out.phone = "+614" + std::to_string(10'000'000 + number);
  out.user_id = "user_" + std::to_string(number);
  out.prefix = "+614100";
  out.fresh_nonce = random_nonce();
  out.signing_key_id = "codes-1";
  using domain::limit_kind;
  out.limits = {{limit_kind::phone, out.phone, false, 1, 30 * second},
                {limit_kind::phone, out.phone, false, 5, 10 * minute},
                {limit_kind::phone, out.phone, false, 10, day},
                {limit_kind::user, out.user_id, false, 10, hour},
                {limit_kind::client_ip, "203.0.113." + std::to_string(number % 1000), false, 60, hour},
                {limit_kind::environment, "", false, 1'000'000, 10 * minute},
                {limit_kind::environment, "", false, 1'000'000, day}};
  return out;
}

template <typename Ask>
void in_batches(fixture& f, Ask ask) {
  int done = 0;
  for (int i = 0; i < calls; i += at_once) {
    for (int k = i; k < i + at_once; ++k) ask(k, done);
    run_until(f.io, [&] { return done == i + at_once; });
  }
}

}  // namespace

TEST_CASE("Redis' CPU of admit and settle with the default limits", "[.][measure]") {
  for (int round = 0; round < 3; ++round) {
    fixture f;
    std::vector<ports::admit_request> requests;
    std::vector<ports::settle_request> settlements;
    for (int i = 0; i < calls; ++i) {
      requests.push_back(with_defaults(f, i));
      settlements.push_back(fixture::settlement(requests.back(), "SM" + to_hex(as_text(random_request()))));
      settlements.back().outcome.attempts.push_back(
          {domain::sender_kind::twilio, domain::answer_class::accepted, 201, 0, milliseconds{50}});
    }
    int right = 0;
    f.redis().command({"CONFIG", "RESETSTAT"});
    in_batches(f, [&](int i, int& done) {
      boost::asio::co_spawn(f.io, f.store().admit(requests[static_cast<std::size_t>(i)]),
                            [&](std::exception_ptr, ports::stored<ports::admit_reply> reply) {
                              ++done;
                              if (reply && std::holds_alternative<ports::granted>(*reply)) ++right;
                            });
    });
    REQUIRE(right == calls);
    const double admit = usec_per_call(f.redis());
    f.redis().command({"CONFIG", "RESETSTAT"});
    in_batches(f, [&](int i, int& done) {
      boost::asio::co_spawn(f.io, f.store().settle(settlements[static_cast<std::size_t>(i)]),
                            [&](std::exception_ptr, ports::stored<ports::settle_reply> reply) {
                              ++done;
                              if (reply && std::holds_alternative<ports::settled>(*reply)) ++right;
                            });
    });
    REQUIRE(right == 2 * calls);
    const double settle = usec_per_call(f.redis());
    std::cout << "admit " << admit << " us, settle " << settle << " us of Redis' CPU a call (" << calls << " calls)\n";
    f.redis().command({"FLUSHALL"});
  }
}

}  // namespace sendcode::redis_tests
