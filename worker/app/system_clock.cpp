#include "worker/app/system_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "common/crypto.hpp"

namespace sendcode::app {

timestamp system_clock::now() const {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

ports::steady_time system_clock::steady_now() const {
  return std::chrono::steady_clock::now();
}

awaitable<void> system_clock::sleep_until(ports::steady_time when) {
  boost::asio::steady_timer timer(context_, when);
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

system_random::system_random() {
  byte_array<sizeof(state_)> seed{};
  fill(seed);
  std::memcpy(&state_, seed.data(), sizeof(state_));
}

void system_random::fill(std::span<std::uint8_t> out) {
  if (out.size() > ahead_.size()) return fill_random(out);
  if (ahead_.size() - given_ < out.size()) {
    fill_random(ahead_);
    given_ = 0;
  }
  std::memcpy(out.data(), ahead_.data() + given_, out.size());
  wipe(ahead_.data() + given_, out.size());
  given_ += out.size();
}

double system_random::unit() {
  // SplitMix64: good enough to spread retries.
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

}  // namespace sendcode::app
