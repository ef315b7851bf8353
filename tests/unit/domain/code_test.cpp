#include "worker/domain/code.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "tests/catch.hpp"
#include "worker/domain/settings.hpp"

using namespace sendcode;
using domain::derive_code;

namespace {

byte_array<32> nonce(std::uint32_t number) {
  byte_array<32> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(number >> (24 - 8 * (i % 4)));
  return out;
}

domain::code_binding binding(std::string_view user = {}) {
  return {"env_live",     "app_web", user.empty() ? domain::purpose::sign_in : domain::purpose::mfa,
          "+61491570006", user,      "k3Jw9sQ2vT7yB4nH1cXzLg"};
}

struct vector_of_code {
  std::string_view key;
  std::string_view user;
  std::uint32_t nonce;
  std::string_view code;
  int place;  // of the word that counted
};

// Printed by code_vectors.py, which was written from the design alone.
constexpr std::array vectors = std::to_array<vector_of_code>({
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 0, "794133", 0},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 1, "716117", 0},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 2, "813564", 0},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "user_1", 0, "430280", 0},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "user_1", 1, "665471", 0},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "user_1", 2, "397078", 0},
    {"another key of thirty-two bytes.", "", 0, "389713", 0},
    {"another key of thirty-two bytes.", "", 1, "169157", 0},
    {"another key of thirty-two bytes.", "", 2, "047775", 0},
    {"another key of thirty-two bytes.", "user_1", 0, "549100", 0},
    {"another key of thirty-two bytes.", "user_1", 1, "770530", 0},
    {"another key of thirty-two bytes.", "user_1", 2, "931021", 0},
    // The first word is too high, so that the second counts:
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 1551, "270934", 1},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 8229, "408284", 1},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 10014, "226334", 1},
    // Two words are too high:
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 12476974, "558798", 2},
    // The code begins with zeros:
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "", 94, "000567", 0},
});

}  // namespace

TEST_CASE("codes are derived as the Python written from the design derives them") {
  for (const auto& v : vectors) {
    INFO(v.nonce << " for user '" << v.user << "', word " << v.place);
    CHECK(derive_code(v.key, binding(v.user), nonce(v.nonce)).expose() == v.code);
  }
}

TEST_CASE("a code depends on each thing that it is bound to") {
  const std::string key(32, 'k');
  const auto base = binding("user_1");
  std::vector<domain::code_binding> others(6, base);
  others[0].environment_id = "env_test";
  others[1].application_id = "app_admin";
  others[2].purpose = domain::purpose::sign_in;
  others[3].phone = "+61491570156";
  others[4].user_id = "user_2";
  others[5].challenge_id = "another";
  for (const auto& other : others) {
    // Over ten nonces: one code in a million is the same by chance.
    int same = 0;
    for (std::uint32_t n = 0; n < 10; ++n) {
      same += derive_code(key, base, nonce(n)).expose() == derive_code(key, other, nonce(n)).expose() ? 1 : 0;
    }
    CHECK(same <= 1);
  }
  auto moved = base;  // a letter from one field to the next
  moved.environment_id = "env_liv";
  moved.application_id = "eapp_web";
  CHECK(derive_code(key, base, nonce(1)).expose() != derive_code(key, moved, nonce(1)).expose());
}

TEST_CASE("codes are uniform: chi-square over each digit's place and over a thousand ranges") {
  constexpr std::uint32_t codes = 100'000;
  const std::string key(32, 'u');
  std::array<std::array<double, 10>, 6> digits{};
  std::array<double, 1000> ranges{};
  for (std::uint32_t n = 0; n < codes; ++n) {
    const domain::code code = derive_code(key, binding(), nonce(n));
    const auto text = code.expose();
    for (std::size_t i = 0; i < 6; ++i) ++digits[i][static_cast<std::size_t>(text[i] - '0')];
    ++ranges[static_cast<std::size_t>(std::stoul(std::string(text.substr(0, 3))))];
  }
  const auto chi_square = [](const auto& counts) {
    const double expected = double{codes} / static_cast<double>(counts.size());
    double sum = 0;
    for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
  };
  // Inputs are fixed, so these never flicker; 33.7 and 1143.9 are the quantiles of 0.9999 and 0.999.
  for (const auto& place : digits) CHECK(chi_square(place) < 33.7);
  CHECK(chi_square(ranges) < 1143.9);
}

TEST_CASE("a code has six digits, zeros in front included") {
  CHECK(domain::code(0).expose() == "000000");
  CHECK(domain::code(42).expose() == "000042");
  CHECK(domain::code(999'999).expose() == "999999");
  CHECK(domain::is_code_shaped("012345"));
  for (const char* other : {"", "12345", "1234567", "12345a", " 12345", "-12345", "１２３４５６", "12345\n"}) {
    CHECK_FALSE(domain::is_code_shaped(other));
  }
}

TEST_CASE("request ids and connection ids are those of the Python") {
  const auto id = [](std::string_view environment) {
    return to_hex(as_text(domain::make_request_id(environment, "/sign-in", "an event")));
  };
  CHECK(id("env_live") == "7e64af90efac90b6f1fe74c5f054ba93");
  CHECK(id("") == "e47124d0b2af0b65d613cd6648369a63");
  CHECK(domain::make_request_id("a", "bc", "d") != domain::make_request_id("ab", "c", "d"));
  CHECK(domain::derive_connection_id("env_live") == "conn_2f5aa11078b7ff0f702e013cd88e88f3");
}
