#include "worker/domain/event.hpp"

#include <string>

#include "tests/catch.hpp"

using sendcode::domain::is_challenge_id;
using sendcode::domain::is_country;

TEST_CASE("a challenge's id has 22 to 128 letters, digits, hyphens and underscores") {
  CHECK(is_challenge_id("k3Jw9sQ2vT7yB4nH1cXzLg"));
  CHECK(is_challenge_id("azAZ09-_" + std::string(120, '-')));
  CHECK_FALSE(is_challenge_id(""));
  CHECK_FALSE(is_challenge_id(std::string(21, 'a')));
  CHECK_FALSE(is_challenge_id(std::string(129, 'a')));
  for (const char other : {' ', '.', '/', '?', '%', '+', '\n', '\0', '\xE9'}) {
    CHECK_FALSE(is_challenge_id(std::string(24, 'a') + other));
  }
}

TEST_CASE("a country's code is two capital letters, assigned or not") {
  for (const char* good : {"AU", "NO", "ZZ"}) CHECK(is_country(good));
  for (const char* bad : {"", "A", "AUS", "au", "A1", "ÅU", "A "}) CHECK_FALSE(is_country(bad));
}
