#include <iostream>

#include "common/crypto.hpp"
#include "tests/integration/redis/fixture.hpp"

// What a call of each script costs Redis, with the arguments that the worker makes. Not part of a test run:
// `redis_tests "[measure]"` (bench/README.md).
namespace sendcode::redis_tests {
namespace {

constexpr int calls = 20'000;
constexpr int at_once = 50;
constexpr int rounds = 3;

// A number behind `name` in what INFO says.
double told(raw_client& raw, const char* section, const std::string& line, const std::string& name) {
  const std::string info = raw.command({"INFO", section}).text;
  const auto from = info.find(line);
  REQUIRE(from != std::string::npos);
  const auto at = info.find(name, from);
  REQUIRE(at != std::string::npos);
  return std::stod(info.substr(at + name.size()));
}

double process_us(raw_client& raw) {
  return (told(raw, "cpu", "used_cpu_sys:", ":") + told(raw, "cpu", "used_cpu_user:", ":")) * 1e6;
}

// The defaults of design §4; what all events share has a max out of the run's reach.
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
                {limit_kind::environment, "", false, 1'000'000, day},
                {limit_kind::prefix, out.prefix, false, 1'000'000, 10 * minute}};
  return out;
}

// Asks `calls` times, some at once as a shard does, and prints what that cost: the script alone by Redis' own
// statistics, and all of Redis' process.
template <typename Reply, typename Ask>
void measure(fixture& f, const char* script, Ask ask) {
  int right = 0;
  int done = 0;
  f.redis().command({"CONFIG", "RESETSTAT"});
  const double before = process_us(f.redis());
  for (int i = 0; i < calls; i += at_once) {
    for (int k = i; k < i + at_once; ++k) {
      boost::asio::co_spawn(f.io, ask(static_cast<std::size_t>(k)), [&](std::exception_ptr, auto reply) {
        ++done;
        if (reply && std::holds_alternative<Reply>(*reply)) ++right;
      });
    }
    run_until(f.io, [&] { return done == i + at_once; });
  }
  const double process = (process_us(f.redis()) - before) / calls;
  REQUIRE(right == calls);
  std::cout << "  " << script << ' ' << told(f.redis(), "commandstats", "cmdstat_evalsha:", "usec_per_call=") << " ("
            << process << ")";
}

}  // namespace

TEST_CASE("Redis' CPU of each script with the default limits", "[.][measure]") {
  for (int round = 0; round < rounds; ++round) {
    fixture f;
    std::vector<ports::admit_request> requests;
    std::vector<ports::renew_request> renewals;
    std::vector<ports::settle_request> settlements;
    std::vector<ports::check_request> guesses;
    std::vector<ports::consume_request> approvals;
    for (int i = 0; i < calls; ++i) {
      const auto& request = requests.emplace_back(with_defaults(f, i));
      renewals.push_back(fixture::renewal(request));
      settlements.push_back(fixture::settlement(request, "SM" + to_hex(as_text(random_request()))));
      settlements.back().outcome.attempts.push_back(
          {domain::sender_kind::twilio, domain::answer_class::accepted, 201, 0, milliseconds{50}});
      guesses.push_back(fixture::guess(request));
      approvals.push_back(fixture::approval(request, request.fresh_nonce));
      approvals.back().checked.token = guesses.back().token;
    }
    auto& store = f.store();
    std::cout << "us a call (of all of Redis' process):";
    measure<ports::granted>(f, "admit", [&](std::size_t i) { return store.admit(requests[i]); });
    measure<ports::renewed>(f, "renew", [&](std::size_t i) { return store.renew(renewals[i]); });
    measure<ports::settled>(f, "settle", [&](std::size_t i) { return store.settle(settlements[i]); });
    measure<ports::guess_counted>(f, "check", [&](std::size_t i) { return store.check(guesses[i]); });
    measure<ports::approved>(f, "consume", [&](std::size_t i) { return store.consume(approvals[i]); });
    std::cout << std::endl;
    f.redis().command({"FLUSHALL"});
  }
}

}  // namespace sendcode::redis_tests
