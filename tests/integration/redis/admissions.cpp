#include "tests/integration/redis/admissions.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

namespace sendcode::redis_tests {
namespace {

constexpr std::size_t at_once = 8;
constexpr milliseconds pause{5};  // between two askings for one event

}  // namespace

admissions::admissions(connected& c, std::string_view of, std::size_t events)
    : with_(c), environment_(of), state_(std::make_shared<state>()) {
  for (std::size_t i = 0; i < events; ++i) {
    auto& event = state_->events.emplace_back(any_event());
    event.environment_id = environment_;
    event.limits = {{domain::limit_kind::environment, "", false, 1'000'000, hour}};
  }
}

void admissions::start() {
  for (std::size_t i = 0; i < at_once; ++i) {
    boost::asio::co_spawn(with_.io, work(with_, state_), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
}

awaitable<void> admissions::work(connected& with, std::shared_ptr<state> state) {
  while (!state->over && state->next < state->events.size()) {
    const auto& event = state->events[state->next++];
    auto reply = co_await with.store.admit(event);
    while (!reply && !state->over) {
      ++state->outages;
      boost::asio::steady_timer timer(with.io, pause);
      co_await timer.async_wait(boost::asio::use_awaitable);
      if (!state->over) reply = co_await with.store.admit(event);
    }
    if (reply && !std::holds_alternative<ports::granted>(*reply)) throw std::runtime_error("an event was not granted");
    if (reply) ++state->answers;
  }
}

std::size_t admissions::recorded(std::uint16_t port) const {
  std::size_t out = 0;
  for (const std::string& key : raw_client(port).keys()) {
    if (key.starts_with("sc:{" + environment_ + "}:e:")) ++out;
  }
  return out;
}

// The sum in the buckets' header (docs/redis.md).
std::size_t admissions::charged(std::uint16_t port) const {
  const std::string buckets =
      raw_client(port).dump("sc:{" + environment_ + "}:b:env:-:" + std::to_string(hour.count()));
  if (buckets.size() < 13) return 0;
  std::uint32_t sum = 0;
  std::memcpy(&sum, buckets.data() + 9, sizeof sum);
  return sum;
}

}  // namespace sendcode::redis_tests
