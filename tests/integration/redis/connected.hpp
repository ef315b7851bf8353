#pragma once

#include <boost/asio/post.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/logging.hpp"
#include "tests/integration/redis/fixture.hpp"

// For tests of the connection itself: a store on a server of the test's own.
namespace sendcode::redis_tests {

using redis::redis_code_store;
using redis::redis_options;
using admit_result = ports::stored<ports::admit_reply>;

inline ports::admit_request any_event() {
  ports::admit_request out;
  out.token = random_token();
  out.environment_id = environment;
  out.request_id = random_request();
  out.birth = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  out.code_life = 10 * minute;
  out.challenge_id = to_hex(as_text(random_request()));
  out.application_id = "app_web";
  out.signing_key_id = "codes-1";
  out.phone = "+6149157" + std::to_string(std::rand() % 10'000);
  return out;
}

// One store on one server, with what the hook heard.
struct connected {
  explicit connected(redis_options options)
      : store(io.get_executor(), std::move(options), subjects_key(), clock, [this](bool up) { heard.push_back(up); }) {
    log::set_up(log::level::error, log::format::text);
    store.start();
  }
  ~connected() {
    store.stop();
    io.restart();
    io.run_for(milliseconds{100});
  }

  admit_result admit() {
    const auto request = any_event();
    return run(io, store.admit(request));
  }
  // Asks until there is an answer, as the pipeline does.
  void admit_in_the_end() { admit_in_the_end(any_event()); }
  void admit_in_the_end(const ports::admit_request& request) {
    bool done = false;
    const auto until = std::chrono::steady_clock::now() + seconds{10};
    while (!done && std::chrono::steady_clock::now() < until) {
      done = run(io, store.admit(request)).has_value();
      io.restart();
      io.run_for(milliseconds{5});
    }
    REQUIRE(done);
  }

  boost::asio::io_context io;
  system_clock clock;
  std::vector<bool> heard;
  redis_code_store store;
};

inline std::string what_of(const admit_result& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().what;
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline secret_ptr password(const char* text) {
  return std::make_shared<const secret>(std::string(text));
}

}  // namespace sendcode::redis_tests
