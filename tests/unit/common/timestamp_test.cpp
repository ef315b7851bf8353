#include "common/timestamp.hpp"

#include <limits>

#include "tests/catch.hpp"
#include "tests/unit/seed.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

namespace {

timestamp at(std::int64_t ms) {
  return from_unix_ms(ms);
}

}  // namespace

TEST_CASE("times are written as RFC 3339 in UTC with milliseconds") {
  CHECK(to_rfc3339(at(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(at(1'795'421'730'123)) == "2026-11-23T08:15:30.123Z");
  CHECK(to_rfc3339(at(1'709'164'799'999)) == "2024-02-28T23:59:59.999Z");
  CHECK(to_rfc3339(at(1'709'164'800'000)) == "2024-02-29T00:00:00.000Z");
  CHECK(to_rfc3339(at(-1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("RFC 3339 is read with any offset and any fraction, cut to milliseconds") {
  const auto expected = at(1'795'421'730'000);
  for (const char* text :
       {"2026-11-23T08:15:30Z", "2026-11-23t08:15:30z", "2026-11-23T08:15:30.0Z", "2026-11-23T08:15:30.0009Z",
        "2026-11-23T08:15:30+00:00", "2026-11-23T08:15:30-00:00", "2026-11-23T18:45:30+10:30",
        "2026-11-22T21:15:30-11:00", "2026-11-23T08:15:30.00000000000000000000000000001Z"}) {
    INFO(text);
    REQUIRE(from_rfc3339(text));
    CHECK(*from_rfc3339(text) == expected);
  }
  CHECK(from_rfc3339("2026-11-23T08:15:30.9999Z") == expected + 999ms);
  CHECK(from_rfc3339("2026-11-23T08:15:30.5Z") == expected + 500ms);
}

TEST_CASE("a leap second is read, as the second before it") {
  CHECK(from_rfc3339("2016-12-31T23:59:60Z") == from_rfc3339("2016-12-31T23:59:59Z"));
}

TEST_CASE("what is no RFC 3339 is refused") {
  for (const char* text : {"",
                           "2026",
                           "2026-11-23",
                           "2026-11-23T08:15Z",
                           "2026-11-23T08:15:30",
                           "2026-11-23 08:15:30Z",
                           "2026-11-23T08:15:30.Z",
                           "2026-11-23T08:15:30,5Z",
                           "2026-11-23T08:15:30Z ",
                           " 2026-11-23T08:15:30Z",
                           "2026-13-23T08:15:30Z",
                           "2026-00-23T08:15:30Z",
                           "2026-02-29T08:15:30Z",
                           "2026-11-31T08:15:30Z",
                           "2026-11-00T08:15:30Z",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T08:60:30Z",
                           "2026-11-23T08:15:61Z",
                           "2026-11-23T08:15:30+24:00",
                           "2026-11-23T08:15:30+10:60",
                           "2026-11-23T08:15:30+1000",
                           "2026-11-23T08:15:30+10",
                           "26-11-23T08:15:30Z",
                           "2026-1-23T08:15:30Z",
                           "-026-11-23T08:15:30Z",
                           "2026-11-23T08:15:30ZZ",
                           "2026-11-23T08:15:+0Z",
                           "2026-11-23T08:15:30.-1Z"}) {
    INFO(text);
    CHECK_FALSE(from_rfc3339(text));
  }
}

TEST_CASE("what was written is read back, for times of all ages") {
  tests::seeded random;
  SENDCODE_SHOW_SEED(random);
  for (int round = 0; round < 2'000; ++round) {
    const auto when = at(static_cast<std::int64_t>(random.below(253'402'300'800'000ULL)));  // to the end of year 9999
    INFO(to_rfc3339(when));
    CHECK(from_rfc3339(to_rfc3339(when)) == when);
  }
}

TEST_CASE("a time that no four digits can tell is written as the nearest one that they can") {
  CHECK(to_rfc3339(at(std::numeric_limits<std::int64_t>::max())) == "9999-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(at(253'402'300'800'000)) == "9999-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(at(253'402'300'799'998)) == "9999-12-31T23:59:59.998Z");
  CHECK(to_rfc3339(at(-1)) == "1969-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(at(std::numeric_limits<std::int64_t>::min())) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("RFC 2822 is read as Twilio writes it") {
  CHECK(from_rfc2822("Mon, 23 Nov 2026 08:15:30 +0000") == at(1'795'421'730'000));
  CHECK(from_rfc2822("Mon, 23 Nov 2026 18:45:30 +1030") == at(1'795'421'730'000));
  CHECK(from_rfc2822("Sun, 22 Nov 2026 21:15:30 -1100") == at(1'795'421'730'000));
  for (const char* text :
       {"", "23 Nov 2026 08:15:30 +0000", "Mon, 23 nov 2026 08:15:30 +0000", "Mon, 23 Nov 26 08:15:30 +0000",
        "Mon, 31 Nov 2026 08:15:30 +0000", "Mon, 23 Nov 2026 08:15 +0000", "Mon, 23 Nov 2026 08:15:30",
        "Mon, 23 Nov 2026 08:15:30 GMT", "Mon, 23 Nov 2026 08:15:30 +00:00", "Mon, 23 Nov 2026 08:15:30 +0000 "}) {
    INFO(text);
    CHECK_FALSE(from_rfc2822(text));
  }
}
