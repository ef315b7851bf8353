#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

#include "tests/catch.hpp"

namespace sendcode::tests {

// A generator whose seed a failing test prints (SENDCODE_SEED=… runs it again). The seed is new in each run, so that in
// time all is tried.
class seeded {
 public:
  seeded() : seed_(choose()), engine_(seed_) {}

  std::uint64_t seed() const { return seed_; }
  std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }
  double unit() { return std::uniform_real_distribution<double>(0, 1)(engine_); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  char byte() { return static_cast<char>(below(256)); }

 private:
  static std::uint64_t choose() {
    if (const char* given = std::getenv("SENDCODE_SEED")) return std::strtoull(given, nullptr, 10);
    return std::random_device{}();
  }

  std::uint64_t seed_;
  std::mt19937_64 engine_;
};

}  // namespace sendcode::tests

#define SENDCODE_SHOW_SEED(random) INFO("SENDCODE_SEED=" << (random).seed())
