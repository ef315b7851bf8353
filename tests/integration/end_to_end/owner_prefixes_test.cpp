// Prefixes whose texts nobody confirms: what somebody gets who asks for texts to numbers in a row.
#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

std::string in_a_row(int n) {
  return "+61491570" + std::to_string(1'000 + n).substr(1);
}

std::vector<event> send_row(world& with, int from, int to) {
  std::vector<event> out;
  for (int i = from; i < to; ++i) out.push_back(with.make_event(in_a_row(i)));
  with.send(out);
  with.require_ended(out);
  return out;
}

json prefix_use(const world& with) {
  const auto shown = sendcode_run(with, {"settings", "show", "env_live", "--config",
                                         (with.folder.path() / "worker.yaml").string(), "--usage", "--json"});
  INFO(shown.output);
  REQUIRE(shown.exit_code == 0);
  const auto usage = json::parse(shown.output);
  for (const auto& each : usage["limits"]) {
    if (each["per"] == "prefix" && each.value("subject", "") == "+614915") return each;
  }
  return {};
}

}  // namespace

TEST_CASE("of 200 numbers in a row of which none is confirmed 60 are texted") {
  world with;
  with.start_worker();
  const auto events = send_row(with, 0, 200);
  int sent = 0;
  for (const auto& each : events) {
    const auto status = with.outcome(each);
    if (status["status"] == "sent") {
      ++sent;
      continue;
    }
    INFO(status.dump());
    CHECK(status["reason"] == "rate_limited.prefix");
    CHECK(status["retry_after_s"].get<int>() > 400);
    CHECK(status["retry_after_s"].get<int>() <= 612);
  }
  CHECK(sent == 60);
  CHECK(with.senders.texts() == 60);
  const auto use = prefix_use(with);
  CHECK(use["used"] == 60);
  CHECK(use["approved_in_10m"] == 0);
  CHECK(use["stops"] == true);
  // A number elsewhere is not concerned.
  CHECK(with.send_and_wait(with.make_event(phone_number(7)))["status"] == "sent");
}

TEST_CASE("of 200 numbers in a row of which six in ten are confirmed all are texted") {
  world with;
  auto& worker = with.start_worker();
  constexpr int at_once = 20;
  constexpr int confirmed = 12;
  for (int from = 0; from < 200; from += at_once) {
    const auto events = send_row(with, from, from + at_once);
    int of_these = 0;
    for (const auto& each : events) {
      REQUIRE(with.outcome(each)["status"] == "sent");
      if (of_these++ >= confirmed) continue;
      REQUIRE(with.check(worker, each, with.codes_on(each.phone()).at(0))["status"] == "approved");
    }
  }
  CHECK(with.senders.texts() == 200);
  const auto use = prefix_use(with);
  CHECK(use["used"] == 200);
  CHECK(use["sent_in_10m"] == 200);
  CHECK(use["approved_in_10m"] == 120);
  CHECK(use["stops"] == false);
}
