#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/catch.hpp"
#include "tests/integration/redis/redis_server.hpp"
#include "worker/adapters/redis/redis_code_store.hpp"

namespace sendcode::redis_tests {

constexpr milliseconds second{1000};
constexpr milliseconds minute{60'000};
constexpr milliseconds hour{3'600'000};
constexpr milliseconds day{86'400'000};
constexpr std::string_view phone = "+61491570006";
constexpr std::string_view environment = "env_live";

class system_clock final : public ports::clock {
 public:
  timestamp now() const override { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()) + ahead; }
  ports::steady_time steady_now() const override { return std::chrono::steady_clock::now(); }
  awaitable<void> sleep_until(ports::steady_time) override { co_return; }

  milliseconds ahead{0};
};

// Runs `io` until `done` says so: the tests' only way to wait. Throws after `most`.
template <typename Done>
void run_until(boost::asio::io_context& io, Done done, seconds most = seconds{10}) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("it did not come about in time");
    io.restart();
    io.run_one_for(milliseconds{20});
  }
}

template <typename T>
T run(boost::asio::io_context& io, awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
    failure = thrown;
    result = std::move(value);
  });
  run_until(io, [&] { return result.has_value(); });
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

redis::redis_options options_for(std::uint16_t port);
secret subjects_key();

ports::token random_token();
ports::nonce random_nonce();
domain::request_id random_request();

// What every test has: a shared redis-server, empty at the start; two stores on it, as two workers; and at the end the
// checks that hold for all: every key expires, and neither key nor value shows a phone number.
class fixture {
 public:
  fixture();
  ~fixture();

  boost::asio::io_context io;
  system_clock clock;
  raw_client& redis();
  redis::redis_code_store& store() { return *first_; }
  redis::redis_code_store& other_worker() { return *second_; }

  // All that Redis keeps gets older by this, expiry included: time passes without a sleep. Buckets move by whole
  // buckets.
  void pass(milliseconds time);

  // Takes events, challenges and failures away, and leaves what limits count.
  void forget_events();

  ports::admit_reply admit(const ports::admit_request& request) { return value(store().admit(request)); }
  ports::renew_reply renew(const ports::renew_request& request) { return value(store().renew(request)); }
  bool release(const ports::renew_request& request) { return value(store().release(request)); }
  ports::settle_reply settle(const ports::settle_request& request) { return value(store().settle(request)); }
  ports::check_reply check(const ports::check_request& request) { return value(store().check(request)); }
  ports::consume_reply consume(const ports::consume_request& request) { return value(store().consume(request)); }
  std::optional<ports::challenge_view> look(const ports::challenge_reference& of) { return value(store().look(of)); }
  ports::last_text last_text(const ports::challenge_reference& of) { return value(store().find_last_text(of)); }
  bool cancel(const ports::challenge_reference& of) { return value(store().cancel(of, hour)); }
  void unlock(std::string_view number) {
    const std::string in(environment);
    const std::string whose(number);
    value(store().unlock(in, whose));
  }

  template <typename T>
  T value(awaitable<ports::stored<T>> work) {
    ports::stored<T> result = run(io, std::move(work));
    if (!result) throw std::runtime_error("outage: " + result.error().what);
    return std::move(*result);
  }

  // A stranger's event for a challenge of its own, without limits.
  ports::admit_request event();
  static ports::admit_request redelivered(const ports::admit_request& request);  // the same with a new token
  static ports::renew_request renewal(const ports::admit_request& request);
  static ports::settle_request settlement(const ports::admit_request& request, std::string message_id = "");
  static ports::check_request guess(const ports::admit_request& request);
  static ports::consume_request approval(const ports::admit_request& request, const ports::nonce& nonce);
  ports::admit_request resend_of(const ports::admit_request& request);  // another event of its challenge
  static ports::challenge_reference reference(const ports::admit_request& request);
  // Wrong guesses on challenges that then lapse: as many failures, nothing live.
  void fail(int guesses, ports::device_class device);

  std::string key_of(std::string_view kind);  // the only key of "e", "c", "p", "l:phone"…
  std::vector<std::string> keys_of(std::string_view kind);

 private:
  std::unique_ptr<redis::redis_code_store> first_;
  std::unique_ptr<redis::redis_code_store> second_;
};

// The alternative that a reply must be; a failed test says which it was.
template <typename T, typename... All>
T as(const std::variant<All...>& reply) {
  INFO("the reply is alternative " << reply.index());
  REQUIRE(std::holds_alternative<T>(reply));
  return std::get<T>(reply);
}

inline std::string reason_of(const ports::admit_reply& reply) {
  if (std::holds_alternative<ports::granted>(reply)) return "granted";
  return domain::reason_text(as<ports::settled>(reply).outcome);
}

ports::limit_check phone_limit(std::uint32_t max, milliseconds window);

}  // namespace sendcode::redis_tests
