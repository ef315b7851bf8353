#include "worker/domain/device_token.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using domain::is_valid_device_token;
using domain::make_device_token;

namespace {

const std::string key(32, 'd');
const timestamp now = from_rfc3339("2026-11-23T08:15:30.700Z").value();
const byte_array<16> id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

std::string token() {
  return make_device_token(key, "env_live", "+61491570006", id, now);
}
bool is_valid(std::string_view text, timestamp when = now) {
  return is_valid_device_token(key, "env_live", "+61491570006", text, when);
}

}  // namespace

TEST_CASE("a device token is valid for its environment and phone alone") {
  CHECK(is_valid(token()));
  CHECK_FALSE(is_valid_device_token(key, "env_test", "+61491570006", token(), now));
  CHECK_FALSE(is_valid_device_token(key, "env_live", "+61491570156", token(), now));
  CHECK_FALSE(is_valid_device_token(std::string(32, 'e'), "env_live", "+61491570006", token(), now));
}

TEST_CASE("a device token holds no phone number, and fits into its field") {
  CHECK(token().size() == 75);
  CHECK(from_base64url(token())->find("+61") == std::string::npos);
}

TEST_CASE("a device token ends after 180 days") {
  const auto last = std::chrono::floor<seconds>(now) + domain::device_token_life;
  CHECK(is_valid(token(), last - milliseconds{1}));
  CHECK_FALSE(is_valid(token(), last));
  CHECK_FALSE(is_valid(token(), last + std::chrono::days{1000}));
}

TEST_CASE("no byte of a device token can be changed, left out or added") {
  const std::string bytes = *from_base64url(token());
  for (std::size_t i = 0; i < bytes.size(); ++i) {  // expiry, id and MAC
    for (const int flip : {1, 0x80, 0xFF}) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ flip);
      INFO("byte " << i);
      CHECK_FALSE(is_valid(to_base64url(other)));
    }
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(is_valid(to_base64url(bytes.substr(0, size))));
  CHECK_FALSE(is_valid(to_base64url(bytes + '\0')));
  CHECK_FALSE(is_valid(token() + "="));
  CHECK_FALSE(is_valid(token() + " "));
  CHECK_FALSE(is_valid(""));
  CHECK_FALSE(is_valid(std::string(512, '!')));
}

TEST_CASE("a device token has one spelling") {
  const std::string original = token();
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const char c : alphabet) {
    if (c != original.back()) CHECK_FALSE(is_valid(original.substr(0, original.size() - 1) + c));
  }
}
