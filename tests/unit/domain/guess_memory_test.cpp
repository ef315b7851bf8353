#include "worker/domain/guess_memory.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using domain::guess_memory;

namespace {

template <std::size_t N>
byte_array<N> numbered(std::uint8_t n) {
  byte_array<N> out{};
  out[0] = n;
  return out;
}
const auto token = [](int n) { return numbered<16>(static_cast<std::uint8_t>(n)); };
const auto nonce = [](int n) { return numbered<32>(static_cast<std::uint8_t>(n)); };

}  // namespace

TEST_CASE("a challenge has 20 guesses, each token one of them") {
  guess_memory memory;
  for (int n = 1; n <= 20; ++n) {
    CHECK(memory.admit("env_live", "challenge", token(n)));
    CHECK(memory.admit("env_live", "challenge", token(n)));
  }
  CHECK_FALSE(memory.admit("env_live", "challenge", token(21)));
  CHECK_FALSE(memory.admit("env_live", "challenge", token(22)));
  CHECK(memory.admit("env_live", "challenge", token(20)));  // asked again
}

TEST_CASE("each environment's challenges are its own") {
  guess_memory memory;
  for (int n = 1; n <= 20; ++n) memory.admit("env_live", "challenge", token(n));
  CHECK(memory.admit("env_test", "challenge", token(21)));
  CHECK(memory.admit("env_live", "challenge2", token(21)));
  CHECK(memory.admit("env_livec", "hallenge", token(21)));
}

TEST_CASE("a code that was used up stays so for every other guess") {
  guess_memory memory;
  CHECK_FALSE(memory.is_used_up(nonce(1), token(1)));
  memory.use_up(nonce(1), token(1));
  CHECK_FALSE(memory.is_used_up(nonce(1), token(1)));
  CHECK(memory.is_used_up(nonce(1), token(2)));
  CHECK_FALSE(memory.is_used_up(nonce(2), token(2)));
}

TEST_CASE("what is remembered is bounded: the oldest goes first") {
  guess_memory memory(3, 2);
  for (int n = 1; n <= 20; ++n) memory.admit("env_live", "first", token(n));
  memory.admit("env_live", "second", token(1));
  memory.admit("env_live", "third", token(1));
  CHECK_FALSE(memory.admit("env_live", "first", token(21)));
  memory.admit("env_live", "fourth", token(1));
  CHECK(memory.admit("env_live", "first", token(21)));  // forgotten

  memory.use_up(nonce(1), token(1));
  memory.use_up(nonce(2), token(2));
  memory.use_up(nonce(2), token(2));  // no further place
  CHECK(memory.is_used_up(nonce(1), token(9)));
  memory.use_up(nonce(3), token(3));
  CHECK_FALSE(memory.is_used_up(nonce(1), token(9)));
  CHECK(memory.is_used_up(nonce(2), token(9)));
  CHECK(memory.is_used_up(nonce(3), token(9)));
}
