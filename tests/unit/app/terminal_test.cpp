#include "worker/app/commands/terminal.hpp"

#include "tests/catch.hpp"

using namespace sendcode::app;

TEST_CASE("colours are for a terminal that knows them, and whose owner has nothing against them") {
  CHECK(wants_colours(true, {.no_color = "", .term = "xterm-256color"}));
  CHECK_FALSE(wants_colours(false, {.no_color = "", .term = "xterm"}));
  CHECK_FALSE(wants_colours(true, {.no_color = "1", .term = "xterm"}));
  CHECK_FALSE(wants_colours(true, {.no_color = "", .term = "dumb"}));
  CHECK_FALSE(wants_colours(true, {.no_color = "", .term = ""}));
}

TEST_CASE("what went well is green, what failed red, what was refused yellow, and what is on its way has no colour") {
  for (const auto* word : {"sent", "delivered", "approved", "read"}) CHECK(colour_of(word) == colour::green);
  for (const auto* word : {"failed", "undelivered"}) CHECK(colour_of(word) == colour::red);
  for (const auto* word : {"rejected", "expired", "incorrect", "locked_out"}) CHECK(colour_of(word) == colour::yellow);
  for (const auto* word : {"queued", "sending", "", "anything"}) CHECK(colour_of(word) == colour::none);
}

TEST_CASE("a painted word keeps its column's width") {
  CHECK(painted("sent", colour::green, false, 6) == "sent  ");
  CHECK(painted("sent", colour::green, true, 6) == "\x1b[32msent  \x1b[0m");
  CHECK(painted("sent", colour::none, true, 6) == "sent  ");
  CHECK(painted("undelivered", colour::red, false, 6) == "undelivered");
}
