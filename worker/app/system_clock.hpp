#pragma once

#include <boost/asio/io_context.hpp>

#include "common/bytes.hpp"
#include "common/secret.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::app {

// The machine's clocks, and timers of one io_context's thread.
class system_clock final : public ports::clock {
 public:
  explicit system_clock(boost::asio::io_context& context) : context_(context) {}

  timestamp now() const override;
  ports::steady_time steady_now() const override;
  awaitable<void> sleep_until(ports::steady_time when) override;

 private:
  boost::asio::io_context& context_;
};

// OpenSSL's generator for keys; a fast one, seeded from it, for jitter. One thread.
//
// A call of OpenSSL's costs a microsecond however little is asked for, so it is asked for many bytes at a time; they
// are wiped as they are given out.
class system_random final : public ports::random_source {
 public:
  system_random();
  ~system_random() override { wipe(ahead_.data(), ahead_.size()); }
  system_random(const system_random&) = delete;
  system_random& operator=(const system_random&) = delete;

  void fill(std::span<std::uint8_t> out) override;
  double unit() override;

 private:
  byte_array<1024> ahead_{};
  std::size_t given_ = ahead_.size();
  std::uint64_t state_;
};

}  // namespace sendcode::app
