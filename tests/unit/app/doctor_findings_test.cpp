#include "worker/app/commands/doctor_findings.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace sendcode;
using state = app::finding::state;

TEST_CASE("a finding is a line for people, and an object for programs") {
  const app::finding found{.is = state::wrong, .about = "topic t", .detail = "gone", .advice = "create it"};
  CHECK(app::to_line(found) == "wrong        topic t                              gone: create it");
  CHECK(app::to_json(found).dump() == R"({"state":"wrong","about":"topic t","detail":"gone","advice":"create it"})");
}

TEST_CASE("what is wrong is red, what may become so yellow, and what is well green, with the columns as they are") {
  const auto line = [](state is) { return app::to_line({.is = is, .about = "a", .detail = "b"}, true); };
  CHECK(line(state::ok).starts_with("\x1b[32mok          \x1b[0m a "));
  CHECK(line(state::warning).starts_with("\x1b[33mwarning     \x1b[0m a "));
  CHECK(line(state::unknown).starts_with("\x1b[33m"));
  CHECK(line(state::wrong).starts_with("\x1b[31m"));
  CHECK(line(state::unreachable).starts_with("\x1b[31m"));
}
