#include "worker/app/commands/since.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

TEST_CASE("since is how long ago, or a time") {
  const auto now = *from_rfc3339("2026-11-23T08:00:00Z");
  CHECK(app::parse_since("90s", now) == now - 90s);
  CHECK(app::parse_since("10m", now) == now - 10min);
  CHECK(app::parse_since("2h", now) == now - 2h);
  CHECK(app::parse_since("3d", now) == now - 72h);
  CHECK(app::parse_since("0s", now) == now);
  CHECK(app::parse_since("2026-11-23T07:00:00+01:00", now) == now - 2h);
  for (const auto* wrong : {"", "m", "10", "-1m", "1.5h", "10w", "12345678s", "yesterday", "1h30m"}) {
    INFO(wrong);
    CHECK_FALSE(app::parse_since(wrong, now).has_value());
    CHECK(app::wrong_since(wrong).find("such as 10m") != std::string::npos);
  }
  CHECK(app::wrong_since("10m").empty());
}
