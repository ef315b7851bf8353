// The ten texts a month of an environment without a Twilio account.
#include <chrono>

#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

std::chrono::seconds to_the_months_turn() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const year_month_day today{floor<days>(now)};
  return ceil<seconds>(sys_days{(today.year() / today.month() + months{1}) / 1} - now);
}

void require_used_up(const json& status) {
  INFO(status.dump());
  REQUIRE(status["status"] == "rejected");
  REQUIRE(status["reason"] == "allowance_used_up");
  const auto turn = to_the_months_turn().count();
  CHECK(status["retry_after_s"].get<std::int64_t>() >= turn - 1);
  CHECK(status["retry_after_s"].get<std::int64_t>() <= turn + patience.count());
}

// How many of the events were sent, by the Kinde sender and not in anybody's place; the others are used up.
int sent(const world& with, const std::vector<event>& events) {
  with.require_ended(events);
  int out = 0;
  for (const auto& each : events) {
    const auto status = with.outcome(each);
    if (status["status"] != "sent") {
      require_used_up(status);
      continue;
    }
    CHECK(status["sender"] == "kinde");
    CHECK_FALSE(status.value("failed_over", false));
    ++out;
  }
  return out;
}

run_result show(const world& with, bool as_json = true) {
  std::vector<std::string> words{"settings", "show", "env_live", "--config",
                                 (with.folder.path() / "worker.yaml").string()};
  if (as_json) words.emplace_back("--json");
  return sendcode_run(with, words);
}

json allowance(const world& with) {
  const auto shown = show(with);
  INFO(shown.output);
  REQUIRE(shown.exit_code == 0);
  return json::parse(shown.output).at("allowance");
}

}  // namespace

TEST_CASE("ten texts a month are counted by environment, across workers, their deaths, restarts and redelivery") {
  world with({.live = {.twilio = false}});
  with.write_settings({.environment = "env_other", .twilio = false});
  auto& first = with.start_worker();
  auto& second = with.start_worker();
  const auto begun = with.load(0, 6);
  CHECK(sent(with, begun) == 6);
  CHECK(allowance(with)["left"] == 4);

  with.send(begun);  // again, as Kafka may
  for (const auto& each : begun) {
    REQUIRE(eventually([&] { return with.outcomes_of(each).size() == 2; }, patience));
    CHECK(with.outcomes_of(each)[1].data == with.outcomes_of(each)[0].data);
  }
  CHECK(allowance(with)["left"] == 4);

  first.kill();
  CHECK(sent(with, with.load(10, 12)) == 2);
  REQUIRE(second.stop() == 0);
  with.start_worker();
  CHECK(sent(with, with.load(20, 26)) == 2);
  CHECK(with.senders.texts() == 10);
  CHECK(allowance(with) ==
        json({{"per", "month"}, {"max", 10}, {"used", 10}, {"left", 0}, {"ends_at", allowance(with)["ends_at"]}}));
  const auto people = show(with, false);
  CHECK(people.output.find("# allowance: 10 of 10 texts by the Kinde sender used this month, 0 left until ") !=
        people.output.npos);

  const auto other = with.make_event(phone_number(30), {{"environment_id", "env_other"}});
  CHECK(with.send_and_wait(other)["status"] == "sent");
}

TEST_CASE("a text that the Kinde sender did not take is none of the ten") {
  world with({.live = {.twilio = false}});
  with.start_worker();
  const auto fault = GENERATE(json{{"http_status", 429}}, json{{"http_status", 422}, {"error_code", "invalid_number"}});
  INFO(fault.dump());
  json whole{{"target", "kinde"}, {"kind", "status"}};
  whole.update(fault);
  with.senders.fault(whole);
  // More than ten in all, but never so many at once: what is on its way is reserved.
  for (const int from : {0, 6}) {
    const auto failed = with.load(from, from + 6);
    with.require_ended(failed);
    for (const auto& each : failed) CHECK(with.outcome(each)["status"] == "failed");
  }
  CHECK(with.senders.texts() == 0);
  CHECK(allowance(with)["used"] == 0);
  with.senders.clear_faults();
  CHECK(sent(with, with.load(20, 31)) == 10);
}

TEST_CASE("setting Twilio up ends the allowance at once, and texts of a fallback neither count nor make it forgotten") {
  world with({.live = {.twilio = false}});
  with.start_worker();
  CHECK(sent(with, with.load(0, 11)) == 10);
  with.write_settings({});
  int number = 20;
  const auto next = [&] { return with.send_and_wait(with.make_event(phone_number(++number))); };
  REQUIRE(eventually([&] { return next()["status"] == "sent"; }, patience));
  for (int i = 0; i < 12; ++i) CHECK(next()["sender"] == "twilio");
  CHECK_FALSE(json::parse(show(with).output).contains("allowance"));

  with.senders.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 429}, {"retry_after", 60}});
  for (int i = 0; i < 3; ++i) {
    const auto status = next();
    CHECK(status["sender"] == "kinde");
    CHECK(status["failed_over"] == true);
  }
  with.write_settings({.twilio = false});
  // The month's ten are used up: until the settings are in force it is still the fallback that texts.
  const auto is_rejected = [&] {
    const auto status = next();
    INFO(status.dump());
    CHECK((status["status"] == "rejected" || status["failed_over"] == true));
    return status["status"] == "rejected";
  };
  REQUIRE(eventually(is_rejected, patience));
  require_used_up(next());
}

TEST_CASE("an environment whose fallback texted more than ten has its ten all the same without an account") {
  world with;
  with.start_worker();
  with.senders.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 429}, {"retry_after", 60}});
  const auto by_fallback = with.load(0, 12);
  with.require_ended(by_fallback);
  for (const auto& each : by_fallback) CHECK(with.outcome(each)["failed_over"] == true);
  with.write_settings({.twilio = false});
  REQUIRE(eventually([&] { return json::parse(show(with).output).contains("allowance"); }));
  CHECK(allowance(with)["used"] == 0);
  int number = 20;
  const auto failed_over = [&] {
    return with.send_and_wait(with.make_event(phone_number(++number))).value("failed_over", false);
  };
  REQUIRE(eventually([&] { return !failed_over(); }, patience));  // the first of the ten
  CHECK(sent(with, with.load(50, 61)) == 9);
}
